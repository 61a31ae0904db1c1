"""How far a clean conversion may be from its ground truth, by stored type and family; data in `envelopes.json`.

One tolerance for all types is worthless: wide enough for four bits, it lets a four-bit file pass for an eight-bit one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from apr_qa.truth.figures import Figures, Seen

RANKS: Mapping[str, float] = {
    "f32": 32, "bf16": 16, "f16": 16, "q8_0": 8, "q6_k": 6, "q5_k": 5.3, "q5_1": 5.2, "q5_0": 5.1, "apr_q8": 5,
    "q4_k": 4.3, "iq4_xs": 4.2, "q4_1": 4.1, "q4_0": 4, "apr_q4": 3.9, "q3_k": 3, "q2_k": 2,
}  # fmt: skip
"""Stored types from fine to coarse. APR's q8 has one scale a tensor, so its place varies; it is put low."""
RUNG = 0.9
"""Difference of ranks from which one type must do better than another."""
LADDER_FLOOR = 1e-6
"""Divergence, in nats, below which no order of types is asked for."""
_EXACT = {"bf16": {"bf16", "f32"}, "f16": {"f16", "f32"}, "f32": {"f32"}}
"""Stored type of the ground truth -> types that hold it bit for bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Limits of one stored type; None: shown and not judged."""

    dtype: str
    kld_mean: float
    top1: float
    kld_p99: float | None = None
    tail: float | None = None
    root_law: float | None = None
    """A lower limit: under it, damage sits in few places."""
    max_dlogp: float | None = None
    source: str
    """Where the limits come from, in words."""

    def faults(self, seen: Seen) -> list[str]:
        """Return how the figures leave the envelope, a sentence each; empty when they stay inside."""
        return [text for text in self._faults(seen) if text]

    def _faults(self, seen: Seen) -> Iterator[str]:
        if seen.broken:
            yield f"{seen.broken} of {seen.positions} positions have logits that are no numbers"
        yield _over("the mean divergence", seen.kld_mean, self.kld_mean, " nats")
        if seen.top1 < self.top1:
            yield f"the likeliest token is the same at {seen.top1:.2%} of positions, {self.top1:.2%} are asked for"
        yield _over("the 99th percentile of the divergence", seen.kld_p99, self.kld_p99, " nats")
        if self.root_law is not None and seen.root_law is not None and seen.root_law < self.root_law:
            yield f"few tokens change for so much divergence ({seen.root_law:.2g}), as from damage in few places"
        yield _over("99th percentile over mean", seen.tail, self.tail, ", as from damage in few places")
        yield _over("the largest change of a log-probability", seen.max_dlogp, self.max_dlogp, "")


def _over(what: str, value: float | None, limit: float | None, unit: str) -> str:
    if limit is None or value is None or value <= limit:
        return ""
    return f"{what} is {value:.3g}{unit}, at most {limit:.3g} is allowed"


def envelope_for(dtype: str, *, truth_dtype: str, model_type: str, parameters: int) -> Envelope | None:
    """Return the limits for files of `dtype` made from ground truth of `truth_dtype`; None for a type without any.

    A file that can hold the truth bit for bit must do so. Else the family's own calibration counts, where there is
    one, and the general table where there is none.
    """
    table = _table()
    if dtype in _EXACT.get(truth_dtype, ()):
        return _read("exact", table["exact"])
    for family in table["families"]:
        if family["model_type"] == model_type and parameters <= family["largest_parameters"]:
            found = family["dtypes"].get(dtype)
            if found is not None:
                return _read(dtype, {**found, "source": family["source"]})
    found = table["general"].get(dtype)
    return None if found is None else _read(dtype, found)


def _read(dtype: str, entry: Mapping[str, Any]) -> Envelope:
    return Envelope(dtype=dtype, **entry)


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "envelopes.json").read_text(encoding="utf-8"))
    return found


def ladder_faults(rungs: Sequence[tuple[str, Figures]]) -> list[str]:
    """Return where a finer type is further from the truth than a coarser one, which no clean conversion is.

    `rungs` holds (stored type, figures against one ground truth). The law needs no calibration.
    """
    return [
        f"{fine} is {a.kld_mean:.3g} nats from the truth and {coarse} only {b.kld_mean:.3g}, though it has fewer bits"
        for fine, a in rungs
        for coarse, b in rungs
        if RANKS.get(fine, 0) - RANKS.get(coarse, 99) >= RUNG and a.kld_mean > max(b.kld_mean, LADDER_FLOOR)
    ]
