"""Is the code a program? Judged by parsers, never by looking for brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apr_qa.errors import InputError
from apr_qa.oracles._code import LANGUAGES, Snippet, language_named, language_of, snippets_in
from apr_qa.oracles._parsing import CHECKED, problem_in, without_cut_line
from apr_qa.oracles._text import PROMPT_KEPT, is_echo, shown, without_banners
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.verdict import Outcome, Verdict

_NAMES = (
    "(?:"
    + "|".join(sorted({re.escape(n) for names in LANGUAGES.values() for n in names}, key=len, reverse=True))
    + r")(?![\w+#])"  # `C` is not the C of `C++`; a word's end would not be found after a plus
)
_IN_LANGUAGE = re.compile(
    rf"\b(?:in|using|with|a|an|the)\s+({_NAMES})|^({_NAMES})|\b({_NAMES})\s+(?:function|code|program|script)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:write|implement|create|generate|show|give|code|print|complete|fix|refactor)\b[^.?!\n]{0,60}"
    r"\b(?:function|program|script|class|method|code|one-liner|loop|lambda|struct|snippet|hello world"
    rf"|list comprehension|fizzbuzz|(?:in|using) {_NAMES}"
    r"|(?:python|rust|javascript|typescript|golang|java|bash) \w+)",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"\s*(?:```|(?:async )?def \w+\s*\(|class \w+[\s:({]|(?:pub )?fn \w+\s*[(<]|(?:async )?function \w*\s*\("
    r"|func \w+\s*\(|(?:public|private|static) \w+ \w+|int main\s*\(|#include|template ?<"
    r"|using (?:namespace|System)\b|namespace \w+|import \w+|from \w+ import)"
)
_STATEMENT = re.compile(r"(?:return\b|raise\b|yield\b|pass$|(?:if|for|while|with|try|match)\b.*:\s*$)", re.MULTILINE)


def expect(prompt: str, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return `languages` to try, and `head`, the code to be completed, when `prompt` asks for code; else None.

    Languages: those of the config, else the one that the prompt names or its code looks like. Raises InputError for a
    language without a parser.
    """
    configured = [_checked(name) for name in config.get("languages", ())]
    is_head = bool(_HEAD.match(prompt)) and "?" not in prompt
    if not is_head and not _ASKING.search(prompt):
        return None
    named = _IN_LANGUAGE.search(prompt)
    language = language_named(next(filter(None, named.groups()))) if named and not is_head else ""
    language = language or (language_of(prompt) if is_head else "")
    head = prompt[-PROMPT_KEPT:] if is_head and "```" not in prompt else ""
    languages = [language] if language else configured
    return {"languages": languages, "head": head, "prompt": prompt[:PROMPT_KEPT]}


def _checked(name: str) -> str:
    language = language_named(str(name))
    if not language:
        raise InputError(f"no parser for the language {name!r}", remedy=f"use one of: {', '.join(CHECKED)}")
    return language


def judge(answer: str, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Verdict:
    """Parse the code of the answer, by itself or as the continuation of the prompt: one reading has to hold."""
    del config
    said = without_banners(answer).strip("\n")
    if not said.strip() or is_echo(said, str(expected.get("prompt", ""))):
        return _verdict(Outcome.FALSIFIED, "the answer is empty or only repeats the prompt", {})
    tried: list[dict[str, str]] = []
    for snippet in _readings(said, str(expected.get("head", ""))):
        for language in _languages(snippet, expected):
            problem = problem_in(snippet.text, language)
            if not problem:
                return _verdict(
                    Outcome.CORROBORATED, f"the answer holds {language} that parses", {"language": language}
                )
            if (shorter := without_cut_line(snippet.text, language)) and not problem_in(shorter, language):
                reason = f"the answer holds {language} that parses but for its last line, cut by a limit"
                return _verdict(Outcome.CORROBORATED, reason, {"language": language, "cut": True})
            tried.append({"language": language, "problem": problem})
    if not tried:
        return _verdict(Outcome.FALSIFIED, f"code was asked for, and the answer holds none: {shown(said)}", {})
    first = tried[0]
    return _verdict(Outcome.FALSIFIED, f"the {first['language']} does not parse: {first['problem']}", {"tried": tried})


def _readings(said: str, head: str) -> Iterator[Snippet]:
    """Yield the answer's code, then head and answer joined, as a completion is meant.

    A bare word or a sentence may parse as a name, so text counts as code only if it looks like code or is indented.
    """
    found = snippets_in(said)
    yield from found
    if not head:
        return
    body = found[0].text if found and "```" in said else said
    if body.startswith((" ", "\t")) or found or _STATEMENT.match(body):
        language = language_of(head)
        yield Snippet(text=f"{head.rstrip()}\n{body}", language=language)
        yield Snippet(text=f"{head.rstrip()}\n    {body}", language=language)  # the answer's own margin was stripped
        yield Snippet(text=f"{head.rstrip()}\n" + "\n".join(f"    {line}" for line in body.splitlines()))


def _languages(snippet: Snippet, expected: Mapping[str, Any]) -> list[str]:
    asked = list(expected.get("languages", ()))
    if asked:
        return asked
    known = snippet.language or language_of(snippet.text)
    return [known] if known else list(CHECKED[:1])


def _verdict(outcome: Outcome, reason: str, detail: Mapping[str, Any]) -> Verdict:
    return Verdict(outcome=outcome, reason=reason, detail=detail)


ORACLE = Oracle(
    name="code_syntax",
    version=2,
    claim="The answer holds code that parses in the language asked for.",
    expect=expect,
    judge=judge,
)
