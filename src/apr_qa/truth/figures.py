"""How far one distribution is from another: the figures of a teacher-forced comparison."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
CHUNK_ELEMENTS = 1 << 21
"""Logits compared at once: 16 MB in double precision, whatever the vocabulary."""
PROBABLE = -12.0
"""Log-probability under which single entries are noise and are not compared."""
TIE = 1e-3
"""Nats by which the best token may lead another and the two still count as tied."""
NOISE = 1e-9
"""Mean divergence of nothing but rounding; ratios to less say nothing."""
DRAWS = 2000
EXPECTED_LAW, FEWEST_EXPECTED = 0.5, 8
"""What the square-root law gives for clean conversions, and the fewest differing positions to judge it by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The figures that an envelope limits, over all positions. Divergences in nats, KL(truth || other)."""

    positions: int
    kld_mean: float
    kld_p99: float
    top1: float
    """Share of positions whose likeliest token is the same."""
    max_dlogp: float
    """Largest change of a log-probability among entries above `PROBABLE` in the truth."""
    broken: int = 0
    """Positions with a value that is no number; all other figures are over the rest."""

    @property
    def root_law(self) -> float | None:
        """(1 - top1) / sqrt(mean divergence): damage in few places lowers it.

        None when so few positions are expected to differ that their number is chance.
        """
        if self.kld_mean <= NOISE or EXPECTED_LAW * math.sqrt(self.kld_mean) * self.positions < FEWEST_EXPECTED:
            return None
        return (1 - self.top1) / math.sqrt(self.kld_mean)

    @property
    def tail(self) -> float | None:
        """99th percentile over mean: damage in few places raises it. None when nothing differs."""
        return self.kld_p99 / self.kld_mean if self.kld_mean > NOISE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Seen):
    """What was measured, near ties of the likeliest token counted as the same."""

    kld_median: float
    kld_max: float
    ties: int
    """Positions where the likeliest tokens differ and are tied in the truth."""
    delta_p_rms: float
    """Root mean square change of the probability of the token that follows."""
    ppl_ratio: float
    """Perplexity of the other over that of the truth."""
    ppl_low: float
    ppl_high: float
    """95 % interval of the ratio, texts drawn anew."""
    by_domain: tuple[tuple[str, float], ...] = ()
    """Mean divergence of each domain."""

    def detail(self) -> dict[str, Any]:
        """Return the figures as JSON values, rounded to four significant digits; None where nothing was finite."""
        shown = {**asdict(self), "root_law": self.root_law, "tail": self.tail}
        shown["by_domain"] = {name: _rounded(value) for name, value in self.by_domain}
        return {key: _rounded(value) for key, value in shown.items()}


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None


class Tally:
    """Takes two sets of logits text by text, and keeps a few numbers for each position only."""

    def __init__(self) -> None:
        self._kld: list[Numbers] = []
        self._domains: list[tuple[str, int]] = []
        self._same = self._ties = self._broken = self._positions = 0
        self._delta_p: list[Numbers] = []
        self._losses: list[tuple[float, float, int]] = []
        self._max_dlogp = 0.0

    def add(self, domain: str, ids: Sequence[int], truth: Floats, other: Floats) -> None:
        """Compare the logits [n, vocab] after each of the n `ids`. Raises ValueError when the shapes differ."""
        if truth.shape != other.shape or len(truth) != len(ids):
            raise ValueError(f"logits of shapes {truth.shape} and {other.shape} for {len(ids)} tokens")
        step = max(1, CHUNK_ELEMENTS // truth.shape[1])
        losses, counted, before = np.zeros(2), 0, sum(len(part) for part in self._kld)
        for start in range(0, len(ids), step):
            part = slice(start, start + step)
            following = np.asarray(ids[start + 1 : start + step + 1], dtype=np.intp)
            lost, count = self._chunk(truth[part], other[part], following)
            losses, counted = losses + lost, counted + count
        self._domains.append((domain, sum(len(part) for part in self._kld) - before))
        self._losses.append((float(losses[0]), float(losses[1]), counted))

    def _chunk(self, truth: Floats, other: Floats, following: npt.NDArray[np.intp]) -> tuple[Numbers, int]:
        """Return the summed losses of truth and other on the tokens that follow, and how many these are."""
        whole = np.asarray(np.isfinite(other).all(axis=1) & np.isfinite(truth).all(axis=1), dtype=np.bool_)
        self._positions += len(whole)
        self._broken += int(np.count_nonzero(~whole))
        ours, theirs = log_softmax(truth[whole]), log_softmax(other[whole])
        if not len(ours):
            return np.zeros(2), 0
        change = ours - theirs
        self._kld.append(np.maximum(0.0, np.einsum("ij,ij->i", np.exp(ours), change)))
        self._max_dlogp = max(self._max_dlogp, float(np.abs(change, where=ours > PROBABLE, out=change * 0).max()))
        self._count_same(ours, theirs)
        rows = np.flatnonzero(whole[: len(following)])
        places = (np.arange(len(rows)), following[rows])
        one, two = ours[: len(rows)][places], theirs[: len(rows)][places]
        self._delta_p.append(np.exp(two) - np.exp(one))
        return -np.array([one.sum(), two.sum()]), len(rows)

    def _count_same(self, ours: Numbers, theirs: Numbers) -> None:
        rows = np.arange(len(ours))
        best, chosen = ours.argmax(axis=1), theirs.argmax(axis=1)
        tied = (best != chosen) & (ours[rows, best] - ours[rows, chosen] < TIE)
        self._ties += int(np.count_nonzero(tied))
        self._same += int(np.count_nonzero((best == chosen) | tied))

    def figures(self) -> Figures:
        """Return what was measured so far. Raises ValueError when nothing was."""
        if not self._positions:
            raise ValueError("nothing was compared")
        kld = np.concatenate(self._kld) if self._kld else np.array([])
        median, p99 = np.quantile(kld, (0.5, 0.99)) if len(kld) else (np.inf, np.inf)
        changes = np.concatenate([np.zeros(0), *self._delta_p])
        ratio, low, high = perplexity_ratio(self._losses)
        return Figures(
            positions=self._positions,
            kld_mean=float(kld.mean()) if len(kld) else math.inf,
            kld_median=float(median),
            kld_p99=float(p99),
            kld_max=float(kld.max(initial=0.0)) if len(kld) else math.inf,
            top1=self._same / self._positions,
            ties=self._ties,
            delta_p_rms=float(np.sqrt(np.square(changes).sum() / max(1, len(changes)))),
            ppl_ratio=ratio,
            ppl_low=low,
            ppl_high=high,
            max_dlogp=self._max_dlogp,
            broken=self._broken,
            by_domain=tuple(_by_domain(kld, self._domains)),
        )


def _by_domain(kld: Numbers, domains: Sequence[tuple[str, int]]) -> Iterable[tuple[str, float]]:
    sums: dict[str, tuple[float, int]] = {}
    start = 0
    for domain, count in domains:
        total, seen = sums.get(domain, (0.0, 0))
        sums[domain] = (total + float(kld[start : start + count].sum()), seen + count)
        start += count
    return ((domain, total / seen) for domain, (total, seen) in sums.items() if seen)


def log_softmax(logits: Floats) -> Numbers:
    """Return natural log-probabilities over the last axis, in double precision."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True, initial=-np.inf)
    found: Numbers = wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return found


def perplexity_ratio(losses: Sequence[tuple[float, float, int]], seed: int = 0) -> tuple[float, float, float]:
    """Return the ratio of perplexities, other over truth, and its 95 % interval by a block bootstrap.

    `losses` holds (summed loss of truth, of other, tokens) for each text. Tokens of a text lean on one another, so
    texts are drawn anew, not tokens.
    """
    table = np.array([entry for entry in losses if entry[2]], dtype=np.float64)
    if not len(table):
        return 1.0, 1.0, 1.0
    drawn = np.random.default_rng(seed).integers(0, len(table), (DRAWS, len(table)))
    ours, theirs, counts = table[drawn].sum(axis=1).T
    low, high = np.quantile((theirs - ours) / counts, (0.025, 0.975))
    whole = table.sum(axis=0)
    ratio, low, high = (float(np.exp(min(x, 50.0))) for x in ((whole[1] - whole[0]) / whole[2], low, high))
    return ratio, low, high
