"""How much of a text is repetition: of one character, of a piece, of words."""

from __future__ import annotations

import re
from collections import Counter

_RUN = re.compile(r"(\S)\1{5,}")
_DRAWN = frozenset("-=_*#.~+|─━═│0123456789")
_MAX_PERIOD = 120
_SEEN = 2000
_PIECE = 6


def longest_run(text: str) -> int:
    """Return the length of the longest run of one character; rules, dots and digits count only alone."""
    only_one = len(set(text.split()) and set("".join(text.split()))) == 1
    runs = [m[0] for m in _RUN.finditer(text) if only_one or m[1] not in _DRAWN]
    return max(map(len, runs), default=0)


def cycles(text: str) -> tuple[float, int]:
    """Return (number of turns, characters covered) of the best loop in `text`: a piece that follows itself.

    Only the first 2000 characters are searched, for pieces of at most 120 characters with a letter in them.
    """
    body = " ".join(text[:_SEEN].split())
    best = (0.0, 0)
    for period in range(2, min(_MAX_PERIOD, len(body) // 2) + 1):
        run = _longest_match(body, period)
        covered = run + period
        if run < period or covered <= best[1]:
            continue
        best = (covered / period, covered)
    return best


def _longest_match(body: str, period: int) -> int:
    """Return the longest stretch in which each character equals that `period` before it."""
    if body[-period:] != body[-2 * period : -period] and body[:period] != body[period : 2 * period]:
        middle = len(body) // 2
        if body[middle : middle + period] != body[middle + period : middle + 2 * period]:
            return 0
    best = run = 0
    for now, before in zip(body[period:], body, strict=False):
        run = run + 1 if now == before else 0
        best = max(best, run)
    return best


def repeated_words(words: list[str]) -> float:
    """Return the share of word trigrams that were there before; 0 below 12 words."""
    if len(words) < 12:
        return 0.0
    trigrams = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(trigrams)) / len(trigrams)


def commonest_share(words: list[str]) -> float:
    """Return the share of the commonest word; 0 below 20 words."""
    return Counter(words).most_common(1)[0][1] / len(words) if len(words) >= 20 else 0.0


def variety(words: list[str]) -> float:
    """Return the share of different words among those of four letters and more; 1 when there are fewer than 8."""
    longer = [word for word in words if len(word) >= 4]
    return len(set(longer)) / len(longer) if len(longer) >= 8 else 1.0


def repeated_pieces(text: str) -> float:
    """Return the share of pieces of six letters that were there before; 0 when whole sentences are repeated."""
    plain = re.sub(r"\d+", "0", " ".join(text[:_SEEN].lower().split(" ")))
    sentences = [s.strip() for s in re.split(r"[.!?\n]|(?<=[:,;]) ", plain) if s.strip()]
    if len(set(sentences)) < len(sentences):
        return 0.0
    pieces = [plain[i : i + _PIECE] for i in range(len(plain) - _PIECE + 1)]
    pieces = [piece for piece in pieces if sum(map(str.isalpha, piece)) >= _PIECE - 2]
    return 1 - len(set(pieces)) / len(pieces) if len(pieces) >= 2 * _PIECE else 0.0
