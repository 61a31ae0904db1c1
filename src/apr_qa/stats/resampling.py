"""Percentile bootstrap of medians (Efron, Annals of Statistics 7, 1979): seeded, so that equal figures give equal ends.

No resample is drawn. Which of n sorted figures is the k-th smallest of a resample of n is told by the k-th smallest of
n uniform numbers, times n, rounded down; and that one is Beta(k, n + 1 - k), the next above it again a Beta in what is
left (David and Nagaraja, Order Statistics, 3rd ed., 2003, sections 2.2 and 2.5). So the medians come from exactly the
distribution that resampling draws from, and a million figures need no more memory than their own.

A median of few figures has few values that a resample can take: below `FEWEST` there is no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 5
"""With five figures the outermost two are reached by at least 0.03 % of resamples; below, an interval says too much."""
_RESAMPLES = 2000
_SEED = 42
_ENDS = (0.025, 0.975)


def median_interval(figures: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of the median; None for fewer than `FEWEST` figures."""
    if len(figures) < FEWEST:
        return None
    return _ends(_medians(figures, _SEED))


def ratio_interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of the ratio of medians, after to before; None where one side has too few figures."""
    if min(len(before), len(after)) < FEWEST:
        return None
    return _ends(_medians(after, _SEED) / _medians(before, _SEED + 1))


def _medians(figures: Sequence[float], seed: int) -> NDArray[np.float64]:
    """Return the medians of `_RESAMPLES` resamples."""
    import numpy as np

    ordered, drawn, n = np.sort(np.asarray(figures, dtype=float)), np.random.default_rng(seed), len(figures)
    lower = (n + 1) // 2
    uniform = drawn.beta(lower, n + 1 - lower, _RESAMPLES)
    middle = ordered[_places(uniform, n)]
    if n % 2:
        return middle
    above = uniform + (1 - uniform) * drawn.beta(1, n - lower, _RESAMPLES)
    return np.asarray((middle + ordered[_places(above, n)]) / 2)


def _places(uniform: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    import numpy as np

    return np.minimum((uniform * n).astype(np.intp), n - 1)


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(values, _ENDS)
    return float(low), float(high)
