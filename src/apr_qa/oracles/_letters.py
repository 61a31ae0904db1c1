"""A small frozen model of letters: how surprising the spelling of Latin words is, in bits a letter.

The table holds, for each pair of symbols before and each symbol after, an eighth of a bit a unit. Symbols are the
word's edge and a to z. `tools/calibrate_garbage.py` makes it from `tests/oracles/data/corpus.txt`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from apr_qa.oracles._scripts import folded

SYMBOLS = "$abcdefghijklmnopqrstuvwxyz"
UNITS_PER_BIT = 8
_INDEX = {char: i for i, char in enumerate(SYMBOLS)}


@cache
def frozen() -> dict[str, Any]:
    """Return what calibration froze: `letters` (the table), `threshold`, `weights`."""
    text = resources.files("apr_qa.oracles").joinpath("garbage.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _table() -> bytes:
    return base64.b85decode(frozen()["letters"])


def surprise(words: Iterable[str]) -> float:
    """Return the mean surprise of `words` in bits a letter; 0 when none has Latin letters."""
    table, size = _table(), len(SYMBOLS)
    units = letters = 0
    for word in words:
        before = 0
        for char in (*folded(word), "$"):
            symbol = _INDEX.get(char)
            if symbol is None:
                continue
            units += table[before * size + symbol]
            letters += 1
            before = before % size * size + symbol
    return units / UNITS_PER_BIT / letters if letters else 0.0
