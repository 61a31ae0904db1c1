"""What a forward pass over the fixed texts takes of a machine: told from headers, before anything is computed.

Speeds are those of one ordinary core, rounded down (`bench/forward.py`); two cores that are shared give as much.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from apr_qa.truth.text_set import positions_for
from apr_qa.weights import Header

SUMS_A_SECOND = 2e10
"""Multiplications and additions."""
_PLAIN_A_SECOND, _PACKED_A_SECOND = 5e8, 5e7
"""Values decoded: plain numbers, and blocks of the quantised types."""
_PLAIN = frozenset({"bf16", "f16", "f32", "f64"})
_COPIES = 2.5
"""A layer in float32, its largest tensor on the way there, and its pages of the file."""
_ACTIVATIONS_BYTES = 400 << 20
"""Texts on their way through a layer, logits of a few of them, and the program itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Of one pass."""

    minutes: float
    memory_bytes: int


def effort_of(header: Header) -> Effort:
    """Return what computing the fixed texts from a file takes."""
    values: Counter[bool] = Counter()
    layers: Counter[str] = Counter()
    for name, info in header.tensors.items():
        count = math.prod(info.shape)
        values[info.dtype in _PLAIN] += count
        layers[_layer_of(name)] += count
    parameters = values.total()
    sums = 2.0 * parameters * positions_for(parameters)
    seconds = sums / SUMS_A_SECOND + values[True] / _PLAIN_A_SECOND + values[False] / _PACKED_A_SECOND
    largest = max((count for layer, count in layers.items() if layer), default=0)
    return Effort(minutes=seconds / 60, memory_bytes=int(4 * _COPIES * largest) + _ACTIVATIONS_BYTES)


def _layer_of(name: str) -> str:
    """Return the number in a tensor's name; empty for one outside the layers, which is read by rows."""
    return next((part for part in name.split(".") if part.isdigit()), "")
