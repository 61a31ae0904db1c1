"""Values that were rounded to another type than the one they are stored in: a silent detour through fewer bits."""

from __future__ import annotations

import numpy as np

from apr_qa.contracts.compare import Pairing, residual
from apr_qa.contracts.envelopes import Envelope
from apr_qa.contracts.recipes import Recipe
from apr_qa.weights.decode import Floats

SUSPECTS = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0")
"""Types that the gguf library can write."""
_SAMPLE_ROWS = 16
_SAME = 0.25
"""The rounded truth must lie this much nearer than the truth itself."""


def detour(pairing: Pairing, made: Recipe, envelope: Envelope) -> tuple[str, float] | None:
    """Return the type through which the values went and the residual against the truth rounded likewise."""
    if len(pairing.shape) < 2 or pairing.columns % 32:
        return None
    rows = np.unique(np.linspace(0, pairing.rows - 1, _SAMPLE_ROWS).astype(np.int64))
    true, stored = pairing.truth.chosen(made, rows), pairing.other.chosen(pairing.name, rows)
    before = residual(true, stored)
    if before <= envelope.residual or not np.isfinite(before):
        return None
    found = [(residual(_rounded(true, dtype), stored), dtype) for dtype in SUSPECTS if dtype != pairing.dtype]
    after, dtype = min(found)
    return (dtype, after) if after <= _SAME * before else None


def _rounded(values: Floats, dtype: str) -> Floats:
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    kind = GGMLQuantizationType[dtype.upper()]
    return np.asarray(dequantize(quantize(values, kind), kind), dtype=np.float32)
