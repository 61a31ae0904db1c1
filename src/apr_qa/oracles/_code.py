"""Finding code in an answer, and its language."""

from __future__ import annotations

import re
from dataclasses import dataclass

LANGUAGES = {
    "python": ("python", "py", "python3"),
    "rust": ("rust", "rs"),
    "javascript": ("javascript", "js", "node"),
    "typescript": ("typescript", "ts"),
    "go": ("golang", "go"),
    "java": ("java",),
    "c": ("c",),
    "cpp": ("c++", "cpp", "cxx"),
    "csharp": ("c#", "csharp", "cs"),
    "bash": ("bash", "sh", "shell", "zsh"),
}
_BY_NAME = {name: language for language, names in LANGUAGES.items() for name in names}
_FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+#-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_STARTS = (
    (
        re.compile(
            r"(?:async )?def \w+\s*\(|class \w+(?:\([\w., ]*\))?:|from \w[\w.]* import |import \w+$|lambda\b|print\("
        ),
        "python",
    ),
    (re.compile(r"(?:pub )?fn \w+|impl\b|use \w+::|let mut |println!"), "rust"),
    (
        re.compile(r"#include <(?:[a-z_]+)>|using namespace \w|template ?<|std::\w|class \w+ (?:final )?(?:: \w+ )*\{"),
        "cpp",
    ),
    (re.compile(r"using (?:static )?[A-Z]\w*(?:\.\w+)*;|namespace [A-Z]\w*(?:\.\w+)*|Console\.Write"), "csharp"),
    (re.compile(r"(?:async )?function\b|const \w+ =|let \w+ =|console\.log"), "javascript"),
    (re.compile(r"interface \w+ \{|type \w+ =|enum \w+ \{"), "typescript"),
    (re.compile(r"package \w+|func (?:\(\w+ \*?\w+\) )?\w+\("), "go"),
    (re.compile(r"(?:public|private|protected) (?:static |final )*\w+|import java\."), "java"),
    (re.compile(r"#include|int main\s*\(|void \w+\s*\("), "c"),
    (re.compile(r"#!/(?:usr/)?bin/|for \w+ in .*; ?do|if \[ |echo "), "bash"),
)
_CODE_START = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _STARTS) + r"|@\w+|[\w.]+ ?= ?\S|[\[({]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Code out of an answer. `language` is empty when nothing names it."""

    text: str
    language: str = ""


def language_named(name: str) -> str:
    """Return the language a fence, a configuration or a user calls `name`, empty when it is none we can check."""
    return _BY_NAME.get(name.strip().lower(), "")


def language_of(code: str) -> str:
    """Return the language that the first telling line of `code` looks like, or empty."""
    for line in code.splitlines():
        for pattern, language in _STARTS:
            if pattern.match(line.strip()):
                return language
    return ""


def snippets_in(answer: str) -> list[Snippet]:
    """Return the fenced blocks of `answer`; without any, the run of lines from the first that looks like code."""
    fenced = [Snippet(text=m[2], language=language_named(m[1])) for m in _FENCE.finditer(answer)]
    if fenced:
        return [snippet for snippet in fenced if snippet.text.strip()]
    lines = answer.split("\n")
    start = next((i for i, line in enumerate(lines) if _CODE_START.match(line.strip())), None)
    if start is None:
        return []
    kept = [lines[start]]
    for line in lines[start + 1 :]:
        if _is_prose(line):
            break
        kept.append(line)
    return [Snippet(text="\n".join(kept).rstrip())]


def _is_prose(line: str) -> bool:
    """Say whether a line is a sentence: it starts at the margin with a capital and holds several plain words."""
    return bool(re.match(r"(?:[A-Z][\w']*|I) (?:[\w'`\-]+,? ){2,}[\w'`]+", line)) and not re.search(r"[;{}=]\s*$", line)
