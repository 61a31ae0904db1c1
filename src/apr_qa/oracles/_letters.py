"""A frozen model of spelling: how surprising Latin words are, in bits a letter, in the language that fits them best.

For each of 35 languages the table holds, for two symbols and the one after them, the surprise in eighths of a bit.
Symbols are the word's edge and a to z. `tools/calibrate_garbage.py letters` counted it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from apr_qa.oracles._scripts import folded

SYMBOLS = "$abcdefghijklmnopqrstuvwxyz"
UNITS_PER_BIT = 8
_INDEX = {char: i for i, char in enumerate(SYMBOLS)}
_FITTING = 3
"""So many of the best-fitting languages lend their small words: short texts do not tell near languages apart."""


@cache
def frozen() -> dict[str, Any]:
    """Return what calibration froze: `threshold`, `weights`, and `small_words` by language."""
    text = resources.files("apr_qa.oracles").joinpath("garbage.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _table() -> tuple[npt.NDArray[np.uint8], tuple[str, ...]]:
    """Return surprises [27 * 27 * 27, languages] and the names of the languages."""
    raw = resources.files("apr_qa.oracles").joinpath("letters.npz").read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
        languages = tuple(str(name) for name in stored["languages"])
        return np.ascontiguousarray(stored["letters"].reshape(len(languages), -1).T), languages


def spelling(words: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    """Return (mean surprise of `words` in bits a letter, the best-fitting languages); (0, ()) without Latin letters."""
    places = [place for word in words for place in _places(word)]
    if not places:
        return 0.0, ()
    table, languages = _table()
    means = table[places].sum(axis=0, dtype=np.int64) / (len(places) * UNITS_PER_BIT)
    order = np.argsort(means, kind="stable")
    return float(means[order[0]]), tuple(languages[i] for i in order[:_FITTING])


@cache
def small_words(language: str) -> frozenset[str]:
    """Return the commonest short words of a language of the table, marks left out."""
    return frozenset(frozen()["small_words"].get(language, "").split())


def _places(word: str) -> list[int]:
    """Return the place in the table of each letter of `word` and of its end."""
    size = len(SYMBOLS)
    before, found = 0, []
    for char in (*folded(word), "$"):
        symbol = _INDEX.get(char)
        if symbol is not None:
            found.append(before * size + symbol)
            before = before % size * size + symbol
    return found
