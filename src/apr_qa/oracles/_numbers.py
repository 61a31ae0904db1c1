"""Numbers as answers state them: in digits, or in English words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_SMALL = "|".join(sorted(WORDS, key=len, reverse=True))
_SPELLED = rf"(?:minus |negative )?(?:{_SMALL})(?:[- ](?:{'|'.join(_ONES[1:10])}))?(?: hundred| thousand)?"
_SIGN = r"(?:(?<![\w.)\]])(?<![\d)\]] )[-−])?"
# A number stands free: no letter, digit or decimal point touches it (`4`, `4.`, `$4`; in `42`, `v4`, `4.5` no 4 does).
_FREE = re.compile(
    rf"(?<![\w.])(?P<digits>{_SIGN}(?:\d{{1,3}}(?:,\d{{3}})+|\d+)?(?:\.\d+|(?<=\d)))(?![\w])(?!\.\d)"
    rf"|(?<![\w-])(?P<words>{_SPELLED})(?![\w-])",
    re.IGNORECASE,
)
_MAX_DIGITS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A number in a text and where it stands."""

    value: Fraction
    start: int
    end: int


def numbers_in(text: str) -> Iterator[Stated]:
    """Yield the free-standing numbers of `text` in order; numbers of over 60 digits are left out."""
    for match in _FREE.finditer(text):
        raw = match["digits"]
        if raw is None:
            yield Stated(value=Fraction(_spelled(match["words"].lower())), start=match.start(), end=match.end())
        elif len(raw) <= _MAX_DIGITS:
            plain = raw.replace(",", "").replace("−", "-")
            yield Stated(value=Fraction(plain), start=match.start(), end=match.end())


def _spelled(words: str) -> int:
    sign, total = 1, 0
    for word in re.split(r"[- ]", words):
        if word in ("minus", "negative"):
            sign = -1
        elif word == "hundred":
            total *= 100
        elif word == "thousand":
            total *= 1000
        else:
            total += WORDS[word]
    return sign * total


def as_text(value: Fraction) -> str:
    """Return `value` as a decimal when it has one (`0.3`), else as a fraction (`1/3`)."""
    if value.denominator == 1:
        return str(value.numerator)
    rest, digits = value.denominator, 0
    while rest % 10 == 0 or rest % 2 == 0 or rest % 5 == 0:
        rest = rest // 10 if rest % 10 == 0 else rest // 2 if rest % 2 == 0 else rest // 5
        digits += 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    scaled = str(abs(value.numerator) * 10**digits // value.denominator).rjust(digits + 1, "0")
    plain = f"{scaled[:-digits]}.{scaled[-digits:]}".rstrip("0")
    return f"-{plain}" if value < 0 else plain
