"""Percentile bootstrap of medians (Efron, Annals of Statistics 7, 1979): seeded, so that equal figures give equal ends.

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
    import numpy as np

    drawn = np.random.default_rng(seed).choice(np.sort(np.asarray(figures)), (_RESAMPLES, len(figures)))
    return np.asarray(np.median(drawn, axis=1))


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(values, _ENDS)
    return float(low), float(high)
