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
from apr_qa.oracles._letters import small_words, spelling
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
    r"\b(?:base ?64|hex|hash|sha\d*|md5|uuid|guid|encod\w*|encrypt\w*|password|regex|regular expression|latex"
    r"|dna|protein|cipher|rot13)\b",
    re.IGNORECASE,
)
_OPAQUE = re.compile(r"\S*(?:://|@|\\|/\w+/|\d[a-z]+\d|[=_]\w)\S*|\b[0-9a-f-]{12,}\b|[\w+/=-]{28,}", re.IGNORECASE)
_ENGLISH = frozenset(
    (
        *("the", "of", "and", "is", "are", "was", "with", "for", "that"),
        *("this", "it", "to", "or", "by", "from", "an", "be", "at"),
    )
)
_RARE = frozenset("`~|\\{}[]<>@#$%&_")
_ADDRESS = re.compile(r"\S*://\S*|\S+@\S+\.\w+|[0-9a-f-]{12,}|\S{28,}")
_GLUED = re.compile(r"(?<=[^\W\d_]{2})(?:[,;:+\\|<>#@$%^&*~{}\[\]!?\"]|/(?=[a-z]*[A-Z]))(?=[^\W\d_]{3})")
_HUMP = re.compile(r"[a-z]{2}[A-Z]|[A-Z]{3}[a-z]{3}")
_KNOWN_HUMPS = re.compile(
    r"`[^`\n]*`|\b(?:Mac|Mc|De|Le|La|Di|Van|O')[A-Z]"
    r"|\b[a-z]*(?:[A-Z][a-z]+){2,}\b|\b[A-Z]+[a-z]+\b|\b[a-z]+[A-Z][a-z]+\b"
)
_DOUBLED = re.compile(r"([a-z]{4,})\1", re.IGNORECASE)
_STUTTER = re.compile(r"[a-z]{4,}([a-z])\1{3,}")
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
        "one character": max(
            ramp(_repeats.longest_run(text), 6 * patience, 12 * patience), 0.8 * bool(_STUTTER.search(text))
        ),
        "doubled pieces": ramp(len(_DOUBLED.findall(text)), 0, 2) / patience,
        "a loop": loop if has_letters else loop * (ramp(covered, 40, 80) if " " in text else ramp(covered, 24, 40)),
        "repeated words": again * ramp(len(text), 20 * patience, 40 * patience),
        "repeated pieces": ramp(_repeats.repeated_pieces(text), 0.25, 0.6) * (patience == 1) * (not code),
        "few characters": ramp(_entropy(text), 2.6, 1.6)
        * ramp(len(text), 32 * patience, 80 * patience)
        * has_letters
        * (not code),
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
    foreign = sum(not found <= {LATIN} for found in sets)
    kinds = len({"EAST" if script in EAST_ASIAN else script for script in letters} - {""})
    switches = sum(a != b for a, b in pairwise(ones) if {a, b} - EAST_ASIAN) / max(1, len(ones))
    return {
        "scripts mixed in words": ramp(mixed / max(1, len(words)), 0, 0.12),
        "scripts mixed": ramp(kinds, 2, 5) * ramp(switches, 0.15, 0.5) * ramp(foreign, 0, 3) * (0.4 if listed else 1),
    }


def _language(text: str, words: list[str], prompt: str) -> dict[str, float]:
    if _ASKED_FOR_CODES.search(prompt) and text.count(" ") < len(text) / 12:
        return {}
    latin = [
        w for w in words_of(_OPAQUE.sub(" ", text)) if scripts_of(w) == {LATIN} and not (w.isupper() and len(w) < 6)
    ]
    latin = [w for w in latin if len(w) > 1]
    code, listed = is_code_like(text), _is_list(text)
    # Languages of marked letters are less well known to the table: it speaks softer there.
    marked = 0.6 if sum(not w.isascii() for w in latin) >= 0.12 * len(latin) else 1.0
    surprise, languages = spelling(latin)
    found = {
        "unlikely letters": ramp(surprise, 4.3, 5.4)
        * ramp(sum(map(len, latin)), 8, 30)
        * (0.4 if listed or code else marked)
    }
    if code:
        return found
    long_enough = ramp(len(text), 12, 24)
    share_of_latin = ramp(len(latin) / max(1, len(words)), 0.4, 0.7)
    few_small = ramp(_small_words(latin, languages), 0.2, 0.05) * ramp(len(latin), 3, 10) * marked * share_of_latin
    return {
        **found,
        "words run together": ramp(_glued(text) / max(4, len(latin)), 0.05, 0.3)
        * ramp(len(latin), 1, 5)
        * (0.3 if listed else 1),
        "no small words": 0.0 if listed else few_small,
        "letters at random": ramp(_turns_of_kind(text), 0.42, 0.62) * long_enough,
        "signs at random": ramp(_rare_signs(text), 0.08, 0.2) * long_enough,
        "words that clash": ramp(_clashing(text), 0.02, 0.12),
    }


def _rare_signs(text: str) -> float:
    letters = sum(c.isalpha() for c in text)
    return sum(c in _RARE for c in text) / len(text) if letters > 0.25 * len(text) else 0.0


def _glued(text: str) -> int:
    """Return the number of places where two words touch without a space between them."""
    plain = _KNOWN_HUMPS.sub(" ", _OPAQUE.sub(" ", text))
    return len(_GLUED.findall(plain)) + len(_HUMP.findall(plain))


def _is_list(text: str) -> bool:
    items = [item for item in re.split(r"[\n,;:|>→•]+", text) if item.strip()]
    sizes = [len(item.split()) for item in items]
    return len(items) >= 3 and sum(size for size in sizes if size <= 4) / sum(sizes) >= 0.6


def _small_words(latin: list[str], languages: tuple[str, ...]) -> float:
    """Return the share of small words of the fitting languages among `latin`."""
    known = FUNCTION_WORDS.union(*map(small_words, languages))
    return sum(folded(w) in known for w in latin) / max(1, len(latin))


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
    number = sum(clashes(a, b) for a, b in pairs)
    return number / len(pairs) if number >= 2 and len(pairs) >= 6 else 0.0  # one may be an accident
