"""What is measured in an answer: each measure is 0 for a sound answer and rises to 1 for garbage."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from apr_qa.oracles import _marks, _repeats
from apr_qa.oracles._code_shape import is_code_like
from apr_qa.oracles._letters import surprise
from apr_qa.oracles._scripts import EAST_ASIAN, LATIN, folded, script_of, scripts_of, words_of
from apr_qa.oracles._words import FUNCTION_WORDS, clashes

SEEN = 4000
"""Characters of an answer that are measured."""

_PATIENCE = 4
"""How much longer a repetition may be when the prompt asks for one."""

_ASKED_TO_REPEAT = re.compile(
    r"\b(?:repeat|times|again and again|pattern|draw|line|laugh|scream|sound|song|chorus|sing|zeros?|ones|a lot)\b",
    re.IGNORECASE,
)
_ASKED_FOR_CODES = re.compile(
    r"\b(?:base ?64|hex|hash|sha\d*|md5|uuid|guid|encod\w*|encrypt\w*|password|regex|regular expression|latex|dna|protein"
    r"|cipher|rot13)\b",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"\S*(?:://|@|\\|/\w+/|\d[a-z]+\d|[=_]\w)\S*|\b[0-9a-f-]{12,}\b|\S{28,}", re.IGNORECASE)
_ENGLISH = frozenset(
    (
        "the",
        "of",
        "and",
        "is",
        "are",
        "was",
        "with",
        "for",
        "that",
        "this",
        "it",
        "to",
        "or",
        "by",
        "from",
        "an",
        "be",
        "at",
    )
)
_RARE = frozenset("`~|\\{}[]<>@#$%&_")
_ADDRESS = re.compile(r"\S*://\S*|\S+@\S+\.\w+|[0-9a-f-]{12,}|\S{28,}")
_GLUED = re.compile(r"(?<=[^\W\d_]{2})(?:[,;:+\\|<>#@$%^&*~{}\[\]!?\"]|/(?=[a-z]*[A-Z]))(?=[^\W\d_]{3})")
_HUMP = re.compile(r"[a-z]{2}[A-Z]|[A-Z]{3}[a-z]{3}")
_KNOWN_HUMPS = re.compile(
    r"`[^`\n]*`|\b(?:Mac|Mc|De|Le|La|Di|Van|O')[A-Z]|\b[a-z]*(?:[A-Z][a-z]+){2,}\b|\b[A-Z]+[a-z]+\b|\b[a-z]+[A-Z][a-z]+\b"
)
_RULES = frozenset(("|", "-", "--", "---", "*", "+", "="))


def ramp(value: float, low: float, high: float) -> float:
    """Return 0 at `low` and below, 1 at `high` and above, straight between (`low` may be the greater one)."""
    return min(1.0, max(0.0, (value - low) / (high - low)))


def measures(text: str, prompt: str) -> Mapping[str, float]:
    """Return every measure of `text`, an answer less banners and echo, by name."""
    text = text[:SEEN]
    words = words_of(text)
    return {
        **_marks_in(text, prompt),
        **_repetition(text, prompt),
        **_scripts(words, listed=_is_list(text)),
        **_language(text, words, prompt),
    }


def _marks_in(text: str, prompt: str) -> dict[str, float]:
    letters = max(1, len(text))
    return {
        "replacement characters": float(_marks.replaced(text) > 0),
        "control characters": float(_marks.controls(text) > 0),
        "broken encoding": ramp(_marks.mojibake(text), 0, 1),
        "control tokens": float(bool(_marks.special_tokens(text, prompt))),
        "words for no number": ramp(_marks.nan_share(text), 0.3, 0.6)
        * ("nan" not in prompt.lower() and "0/0" not in prompt),
        "symbols": ramp(sum(not (c.isalnum() or c.isspace()) for c in text) / letters, 0.45, 0.9)
        * ramp(letters, 6, 24)
        * (not _is_drawing(text)),
    }


def _is_drawing(text: str) -> bool:
    return len(set("".join(text.split()))) <= 5 or any(ord(c) >= 0x2190 for c in text)


def _repetition(text: str, prompt: str) -> dict[str, float]:
    patience = _PATIENCE if _ASKED_TO_REPEAT.search(prompt) else 1
    turns, covered = _repeats.cycles(text)
    share = covered / max(1, len(" ".join(text[:2000].split())))
    has_letters = any(c.isalpha() for c in text)
    loop = ramp(turns, 2.9, 5) * ramp(covered, 16 * patience, 34 * patience) * ramp(share, 0.3, 0.6)
    words = [w.lower() for w in text.split() if w not in _RULES]
    code = is_code_like(text)
    again = max(
        ramp(_repeats.repeated_words(words), 0.35, 0.65),
        ramp(_repeats.commonest_share(words), 0.3, 0.5),
        ramp(_repeats.variety([w.lower() for w in words_of(text)]), 0.55, 0.3) * (not code),
    )
    return {
        "one character": ramp(_repeats.longest_run(text), 6 * patience, 12 * patience),
        "a loop": loop if has_letters else loop * (ramp(covered, 40, 80) if " " in text else ramp(covered, 24, 40)),
        "repeated words": again * ramp(len(text), 20 * patience, 40 * patience),
        "repeated pieces": ramp(_repeats.repeated_pieces(text), 0.25, 0.6) * (patience == 1) * (not code),
        "few characters": ramp(_entropy(text), 2.6, 1.6) * ramp(len(text), 32 * patience, 80 * patience) * has_letters,
    }


def _entropy(text: str) -> float:
    """Bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) if text else 0.0


def _scripts(words: list[str], *, listed: bool) -> dict[str, float]:
    sets = [scripts_of(word) for word in words]
    letters = Counter(script_of(char) for word in words for char in word)
    total = sum(letters.values()) or 1
    eastern = sum(letters[s] for s in EAST_ASIAN) / total
    mixed = sum(
        len(found) > 1 and not (found <= EAST_ASIAN | {LATIN} and eastern >= 0.3) and not found <= EAST_ASIAN
        for found in sets
    )
    ones = [next(iter(found)) for found in sets if len(found) == 1]
    foreign = [s for s in ones if s != LATIN]
    kinds = len(
        {"EAST" if s in EAST_ASIAN - {"HANGUL"} else s for s in ones}
        | {s for f in sets for s in f if s not in EAST_ASIAN}
    )
    switches = sum(a != b for a, b in pairwise(ones) if {a, b} - EAST_ASIAN) / max(1, len(ones))
    return {
        "scripts mixed in words": ramp(mixed / max(1, len(words)), 0, 0.12),
        "scripts mixed": ramp(kinds, 2, 5)
        * ramp(switches, 0.15, 0.5)
        * ramp(len(foreign), 1, 4)
        * (0.4 if listed else 1),
    }


def _language(text: str, words: list[str], prompt: str) -> dict[str, float]:
    if _ASKED_FOR_CODES.search(prompt) and text.count(" ") < len(text) / 12:
        return {}
    code = is_code_like(text)
    plain = _OPAQUE.sub(" ", text)
    latin = [w for w in words_of(plain) if scripts_of(w) == {LATIN} and not (w.isupper() and len(w) < 6)]
    listed = _is_list(text)
    # A language of marked letters is known less well than English: there both language measures speak softer.
    marked = 0.6 if sum(not w.isascii() for w in latin) >= 0.12 * len(latin) else 1.0
    many = ramp(sum(len(w) > 1 for w in latin), 2, 8)
    glued = len(_GLUED.findall(_KNOWN_HUMPS.sub(" ", plain))) + len(_HUMP.findall(_KNOWN_HUMPS.sub(" ", plain)))
    return {
        "unlikely letters": ramp(surprise(latin), 4.0, 5.2)
        * ramp(sum(map(len, latin)), 8, 40)
        * (0.5 if listed or code else marked),
        "words run together": ramp(glued / max(4, len(latin)), 0.05, 0.3) * many * (not code),
        "no small words": ramp(_small_words(latin), 0.2, 0.05)
        * many
        * (not code)
        * (not listed)
        * marked
        * ramp(len(latin) / max(1, len(words)), 0.4, 0.7),
        "letters at random": ramp(_turns_of_kind(text), 0.42, 0.62) * ramp(len(text), 12, 24) * (not code),
        "signs at random": ramp(sum(c in _RARE for c in text) / max(1, len(text)), 0.08, 0.2)
        * ramp(len(text), 12, 24)
        * (not code),
        "words that clash": ramp(_clashing(text), 0.02, 0.12) * (not code),
    }


def _is_list(text: str) -> bool:
    items = [item for item in re.split(r"[\n,;:|]+", text) if item.strip()]
    sizes = [len(item.split()) for item in items]
    return len(items) >= 3 and sum(size for size in sizes if size <= 4) / sum(sizes) >= 0.6


def _small_words(latin: list[str]) -> float:
    longer = [w for w in latin if len(w) > 1]
    return sum(folded(w) in FUNCTION_WORDS for w in longer) / max(1, len(longer))


def _turns_of_kind(text: str) -> float:
    """Return how often a letter or sign is followed, in a word, by one of another kind (case, digit, sign)."""
    kinds = "".join(_kind(c) for c in _ADDRESS.sub(" ", text))
    if kinds.lower().count("a") < 0.3 * len(kinds):
        return 0.0
    turns = sum(a != b and " " not in (a, b) and (a, b) != ("A", "a") for a, b in pairwise(kinds))
    return turns / max(1, len(kinds) - kinds.count(" "))


def _kind(char: str) -> str:
    if char.isspace():
        return " "
    if char.isalpha() or unicodedata.category(char)[0] == "M":
        return "A" if char.isupper() else "a"
    return "0" if char.isdigit() else "."


def _clashing(text: str) -> float:
    words = [w.lower() for w in re.findall(r"[a-zA-Z']+|\d+|[.,;:!?\n]", text)]
    pairs = list(pairwise(words))
    if sum(word in _ENGLISH for word in words) < 0.12 * len(words):
        return 0.0
    return sum(clashes(a, b) for a, b in pairs) / len(pairs) if len(pairs) >= 6 else 0.0
