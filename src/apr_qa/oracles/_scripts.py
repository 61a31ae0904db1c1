"""Which writing system a character belongs to, and the words of a text with theirs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LATIN = "LATIN"
_EAST_ASIAN = {"CJK": "HAN", "HIRAGANA": "KANA", "KATAKANA": "KANA", "BOPOMOFO": "HAN", "KATAKANA-HIRAGANA": "KANA"}
_LETTERS = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f\u0900-\u0e7f][^\W\d_]*)*")
EAST_ASIAN = frozenset({"HAN", "KANA", "HANGUL"})


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return the script of a letter by its Unicode name (`LATIN`, `HAN`, `CYRILLIC` ...), empty when it has none."""
    first = unicodedata.name(char, "").split(" ", 1)[0]
    if first in ("MICRO", "MODIFIER", "FULLWIDTH", "HALFWIDTH", "COMBINING", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT"):
        return ""
    return _EAST_ASIAN.get(first, first)


def words_of(text: str) -> list[str]:
    """Return the runs of letters in `text`."""
    return _LETTERS.findall(text)


def scripts_of(word: str) -> frozenset[str]:
    """Return the scripts of the letters of `word`."""
    return frozenset(script_of(c) for c in word if c.isalpha()) - {""}


@lru_cache(maxsize=4096)
def folded(word: str) -> str:
    """Return a Latin word in lower case without marks on its letters, as the character model knows letters."""
    plain = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_FOLDED)


_FOLDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"}
)
