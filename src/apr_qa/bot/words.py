"""A line split into words that know where they stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from apr_qa.vocab.orders import Misread

MAX_WORDS = 50
_FORBIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "So")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word: what it says (quotes taken off) and where it stands in the line."""

    text: str
    start: int
    end: int
    quoted: bool = False

    @property
    def key(self) -> str:
        """What is before the first `=`; empty when there is none."""
        return self.text.partition("=")[0] if "=" in self.text else ""

    @property
    def value(self) -> str:
        """What is after the first `=`."""
        return self.text.partition("=")[2]


def split(line: str) -> tuple[Word, ...] | Misread:
    """Return the words of a line after the command itself, or what is wrong with the line as a whole."""
    if odd := _odd_character(line):
        return odd
    words: list[Word] = []
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        word = _word(line, at)
        if isinstance(word, Misread):
            return word
        words.append(word)
        at = word.end
    if len(words) > MAX_WORDS + 1:
        late = words[MAX_WORDS + 1]
        problem = f"more than {MAX_WORDS} words"
        return Misread(code="too-long", problem=problem, line=line, start=late.start, end=len(line))
    return tuple(words[1:])


def _word(line: str, start: int) -> Word | Misread:
    text = ""
    quote = -1
    seen = False
    at = start
    while at < len(line) and (quote >= 0 or line[at] != " "):
        char = line[at]
        if char == '"':
            quote, seen = (-1 if quote >= 0 else at), True
        elif char == "\\" and quote >= 0 and line[at + 1 : at + 2] in ('"', "\\"):
            at += 1
            text += line[at]
        else:
            text += char
        at += 1
    if quote >= 0:
        return Misread(
            code="unclosed-quote", problem="this quote is never closed", line=line, start=quote, end=len(line)
        )
    return Word(text=text, start=start, end=at, quoted=seen)


def _odd_character(line: str) -> Misread | None:
    for at, char in _odd(line):
        name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
        problem = f"this character cannot stand in a command: {name}"
        shown = "".join("?" if unicodedata.category(c) in _FORBIDDEN else c for c in line)
        return Misread(code="odd-character", problem=problem, line=shown, start=at, end=at + 1)
    return None


def _odd(line: str) -> Iterator[tuple[int, str]]:
    yield from ((at, char) for at, char in enumerate(line) if unicodedata.category(char) in _FORBIDDEN)
