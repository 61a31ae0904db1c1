"""Finding the answer in what an engine printed: terminal codes, banners and the echoed prompt are not part of it."""

from __future__ import annotations

import re

from apr_qa.text import strip_terminal_codes

PROMPT_KEPT = 2000
"""Characters of the prompt that travel with an expectation: enough to know an echo."""

_NUMBER = r"[-+]?[\d.,]+"
_CHROME = re.compile(
    r"\s*(?:"
    r"={3,}.*={3,}"  # === APR Run ===
    r"|[=═─━*]{4,}"  # rules
    r"|loading\b.{0,80}(?:\.{3}|…)"
    r"|(?:model|source|backend|device|format|architecture|tokenizer|vocab(?: size)?|temperature|top-?[pk]|max tokens)"
    r"\s*:\s*\S+(?:\s\S+){0,3}"
    r"|(?:tok/s|tokens?(?:[/ ]s(?:ec)?)?|latency|time|throughput|generated|prompt tokens|duration)\s*:\s*"
    rf"{_NUMBER}\s*(?:ms|s|%|tok/s|tokens)?"
    rf"|.{{0,60}}\b{_NUMBER}\s*(?:tok/s|tokens/s(?:ec)?|tok/sec)\b.{{0,40}}"
    r"|completed in [\d.]+ ?m?s.{0,40}"
    r"|detected \w+ chat template.{0,20}"
    r"|(?:type|enter) .{0,60}(?:quit|exit).{0,40}"
    r"|\[(?:info|warn|debug|bos-fallback|pmat-\d+|gpu|cuda|apr)\b[^\]]*\].*"
    r"|(?:output|answer|response|you|user|assistant)\s*:"
    r")\s*",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"\s*(?:output|answer|response|assistant)\s*:[ \t]*\n?", re.IGNORECASE)
_SPEED_OBJECT = re.compile(r"""\s*\{\s*"tok_s"\s*:[^{}]*\}\s*""")


def without_banners(text: str) -> str:
    """Return `text` less terminal codes and less the lines that engines print about themselves."""
    lines = strip_terminal_codes(text).split("\n")
    kept = [line for line in lines if not (_CHROME.fullmatch(line) or _SPEED_OBJECT.fullmatch(line))]
    return _SPEAKER.sub("", "\n".join(kept), count=1) if _SPEAKER.match("\n".join(kept)) else "\n".join(kept)


def squeezed(text: str) -> str:
    """Return `text` lower-cased, white space run together, without punctuation at its ends: for comparing."""
    return " ".join(text.casefold().split()).strip(" .?!:;,…\"'`*¡¿。？！")


def is_echo(answer: str, prompt: str) -> bool:
    """Say whether `answer` only repeats `prompt` (once or often).

    One or two plain words do not count: who says "Good morning" may rightly be answered "Good morning!".
    """
    asked, said = squeezed(prompt), squeezed(answer)
    if not asked or not said or (len(asked) <= 14 and len(asked.split()) <= 2 and asked.replace(" ", "").isalpha()):
        return False
    return not squeezed(said.replace(asked, " "))


def without_echo(answer: str, prompt: str) -> str:
    """Return `answer` less the prompt at its start, when it begins with the whole of it; else as it is."""
    asked = prompt.strip()
    told = answer.lstrip()
    if len(asked) < 3 or not told.startswith(asked):
        return answer
    rest = told[len(asked) :]
    goes_on_in_a_word = asked[-1].isalnum() and rest[:1].isalnum()
    return answer if goes_on_in_a_word else rest


def answer_in(text: str, prompt: str = "") -> str:
    """Return the answer proper: without banners, without an echo of `prompt` at the start, stripped."""
    return without_echo(without_banners(text), prompt).strip()


def shown(text: str, limit: int = 60) -> str:
    """Return `text` as a short quoted line for a reason; cut between characters, never within one."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= limit else f"'{line[:limit]}…'"
