"""Are two answers to one prompt the same? Logits element by element within a tolerance; texts but for near ties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apr_qa.truth.figures import Floats, log_softmax

TIE_AFTER = 24
"""Characters after which a parting of greedy texts is put down to a near tie of two tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """An element is close when `|a - e| <= atol + rtol |e|`."""

    atol: float
    rtol: float
    mismatches: float
    """Share of elements that may be further apart."""


TOLERANCES: Mapping[str, Tolerance] = {
    "fp32": Tolerance(atol=1e-5, rtol=1e-4, mismatches=0.01),
    "fp16": Tolerance(atol=1e-3, rtol=1e-2, mismatches=0.01),
    "int8": Tolerance(atol=1e-1, rtol=1e-1, mismatches=0.05),
    "int4": Tolerance(atol=5e-1, rtol=2e-1, mismatches=0.10),
}
"""The original's table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """How two sets of logits compare."""

    same: bool
    reason: str
    max_difference: float | None = None
    """In nats; None when nothing could be subtracted."""
    mismatches: float | None = None
    """Share of elements outside the tolerance."""
    top1: float | None = None


def compare_logits(actual: Floats, expected: Floats, tolerance: Tolerance) -> Closeness:
    """Return whether `actual` [positions, vocab] is close to `expected`; a leading axis of one is let go.

    Both are taken as log-probabilities, since logits are only meant up to a constant a position. Values that are no
    numbers are mismatches, and nothing is like nothing.
    """
    ours, theirs = (values[0] if values.ndim == 3 and len(values) == 1 else values for values in (expected, actual))
    if ours.ndim != 2 or not ours.size:
        return Closeness(
            same=False, reason=f"the golden logits have the shape {list(ours.shape)}, so they show nothing"
        )
    if theirs.shape != ours.shape:
        return Closeness(same=False, reason=f"logits of shape {list(theirs.shape)}, expected are {list(ours.shape)}")
    if not np.isfinite(ours).all():
        return Closeness(same=False, reason="the golden logits hold values that are no numbers")
    broken = int(np.count_nonzero(~np.isfinite(theirs)))
    if broken:
        return Closeness(same=False, reason=f"{broken} of {theirs.size} logits are no numbers")
    want, got = log_softmax(ours), log_softmax(theirs)
    difference = np.abs(got - want)
    share = float(np.mean(difference > tolerance.atol + tolerance.rtol * np.abs(want)))
    top1 = float(np.mean(got.argmax(axis=1) == want.argmax(axis=1)))
    largest = float(difference.max())
    same = share <= tolerance.mismatches
    reason = (
        f"{share:.2%} of {want.size} log-probabilities differ by more than allowed (at most {tolerance.mismatches:.0%}"
        f" may), the largest difference is {largest:.3g}"
    )
    return Closeness(same=same, reason=reason, max_difference=largest, mismatches=share, top1=top1)


def texts_agree(actual: str, expected: str) -> tuple[bool, int | None]:
    """Return whether two greedy texts agree, and the character at which they part (None: nowhere).

    They agree when equal, or when they part late enough for a near tie. An empty text agrees with an empty one only,
    and a text that merely ends before the other was cut.
    """
    a, b = " ".join(actual.split()), " ".join(expected.split())
    if a == b:
        return True, None
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return TIE_AFTER <= at < min(len(a), len(b)), at
