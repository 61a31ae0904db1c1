"""What a compact baseline tells of a file: each figure from below and from above.

With p and q the truth and the other, T the tail of tokens that were not kept, P and Q its mass under either, the
divergence of a position lies between

- `sum_kept p ln(p/q) + P ln(P/Q)`: the tail as one lump (log-sum inequality), and
- `sum_kept p ln(p/q) + P ln(p_least / min_T q)`: no p in the tail is above the least kept.

The upper bound is far off where any token of the tail is very unlikely. But what the lower one leaves out lies inside
the tail, so it moves no more probability than P: with P small the lower bound decides, and says how small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apr_qa.truth.baseline import CHUNK_ROWS, Baseline, followers
from apr_qa.truth.envelopes import Envelope
from apr_qa.truth.figures import PROBABLE, TIE, Floats, Numbers, Seen, log_softmax, perplexity_ratio
from apr_qa.truth.measure import logits_on

SMALL_TAIL = 0.02
"""Mean probability outside the kept tokens up to which the lower bound decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a baseline can say of a file; divergences in nats, means over all positions."""

    positions: int
    kept: int
    """Tokens of each position."""
    low: Seen
    """Each figure as mild as it can be."""
    kld_high: float
    tail_mass: float
    """Mean probability that ground truth gives to the tokens that were not kept."""
    ppl_ratio: float
    ppl_low: float
    ppl_high: float

    def faults(self, limits: Envelope) -> list[str]:
        """Return how even the mildest figures leave the envelope, a sentence each."""
        return replace(limits, tail=None).faults(self.low)  # a ratio of two lower bounds bounds nothing

    def verdict(self, limits: Envelope) -> str:
        """Return `inside`, `outside`, or `open` when too much may hide in the tail."""
        if self.faults(limits):
            return "outside"
        return "inside" if self.kld_high <= limits.kld_mean or self.tail_mass <= SMALL_TAIL else "open"

    def detail(self) -> dict[str, Any]:
        """Return the figures as JSON values; None where nothing was finite."""
        numbers = {
            "kld_mean": self.low.kld_mean,
            "kld_at_most": self.kld_high,
            "kld_p99": self.low.kld_p99,
            "top1": self.low.top1,
            "tail_mass": self.tail_mass,
            "ppl_ratio": self.ppl_ratio,
            "ppl_low": self.ppl_low,
            "ppl_high": self.ppl_high,
        }
        shown = {name: float(f"{value:.4g}") if math.isfinite(value) else None for name, value in numbers.items()}
        return {"positions": self.positions, "kept": self.kept, "broken": self.low.broken, **shown}


def compare_with_baseline(baseline: Baseline, path: Path) -> Bounds:
    """Return how far the model at `path` is from a baseline.

    Raises CannotMeasureError, MalformedWeights, OSError as `measure.measure` does.
    """
    tally = _Tally(baseline)
    start = 0
    for logits in logits_on(path, baseline.blocks, baseline.vocab):
        for row in range(0, len(logits), CHUNK_ROWS):
            part = logits[row : row + CHUNK_ROWS]
            tally.add(slice(start + row, start + row + len(part)), part)
        tally.end_text(slice(start, start + len(logits)))
        start += len(logits)
    return tally.bounds()


class _Tally:
    """A few numbers for each position."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        count = len(baseline.top_ids)
        self._followers = followers(baseline.blocks)
        self._low, self._high, self._tail = np.zeros(count), np.zeros(count), np.zeros(count)
        self._lost = np.zeros(count)
        self._same, self._whole = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
        self._losses: list[tuple[float, float, int]] = []
        self._max_dlogp = 0.0

    def add(self, part: slice, logits: Floats) -> None:
        """Take the logits of some positions."""
        ids, kept = self._baseline.top_ids[part].astype(np.intp), self._baseline.logprobs(part)
        self._whole[part] = np.isfinite(logits).all(axis=1)
        with np.errstate(all="ignore"):
            theirs = log_softmax(np.where(self._whole[part][:, None], logits, 0))
        self._low[part], self._high[part], self._tail[part] = _bounds(kept, ids, theirs)
        self._lost[part] = theirs[np.arange(len(theirs)), self._followers[part]]
        chosen = np.take_along_axis(theirs, ids, axis=1)
        best = (ids == theirs.argmax(axis=1)[:, None]) & (kept > kept[:, :1] - TIE)
        self._same[part] = best.any(axis=1)
        probable = (kept > PROBABLE) & self._whole[part][:, None]
        self._max_dlogp = max(self._max_dlogp, float(np.abs(kept - chosen)[probable].max(initial=0.0)))

    def end_text(self, part: slice) -> None:
        """Add up what was lost on the tokens that follow, in one text."""
        counted = self._whole[part] & (self._followers[part] >= 0)
        ours = (self._baseline.following[part].astype(np.float64) - self._baseline.logsumexp[part])[counted]
        theirs = self._lost[part][counted]
        self._losses.append((-float(ours.sum()), -float(theirs.sum()), int(np.count_nonzero(counted))))

    def bounds(self) -> Bounds:
        whole = self._whole
        low, high = self._low[whole], self._high[whole]
        ratio, ratio_low, ratio_high = perplexity_ratio(self._losses)
        broken = int(np.count_nonzero(~whole))
        seen = Seen(
            positions=len(whole),
            kld_mean=float(low.mean()) if len(low) else math.inf,
            kld_p99=float(np.quantile(low, 0.99)) if len(low) else math.inf,
            top1=float(np.count_nonzero(self._same & whole)) / len(whole),
            max_dlogp=self._max_dlogp,
            broken=broken,
        )
        return Bounds(
            positions=len(whole),
            kept=self._baseline.top_ids.shape[1],
            low=seen,
            kld_high=float(high.mean()) if len(high) else math.inf,
            tail_mass=float(self._tail.mean()),
            ppl_ratio=ratio,
            ppl_low=ratio_low,
            ppl_high=ratio_high,
        )


def _bounds(ours: Numbers, places: npt.NDArray[np.intp], theirs: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return for each row the lower and the upper bound of the divergence, and the mass of the tail."""
    chosen = np.take_along_axis(theirs, places, axis=1)
    inside = (np.exp(ours) * (ours - chosen)).sum(axis=1)
    tail = np.maximum(0.0, 1 - np.exp(ours).sum(axis=1))
    rest = theirs.copy()
    np.put_along_axis(rest, places, np.inf, axis=1)
    least = rest.min(axis=1)
    other_tail = np.maximum(1e-300, 1 - np.exp(chosen).sum(axis=1))
    has_tail = (tail > 1e-12) & np.isfinite(least)  # less is rounding
    lump = np.where(has_tail, tail * np.log(np.maximum(tail, 1e-300) / other_tail), 0.0)
    spread = np.where(has_tail, tail * (ours[:, -1] - np.where(np.isfinite(least), least, 0.0)), 0.0)
    low = np.maximum(0.0, inside + lump)
    return low, np.maximum(low, inside + np.maximum(lump, spread)), np.where(has_tail, tail, 0.0)
