"""What counts as far out, after what was seen before (Tukey, Exploratory Data Analysis, 1977)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

FEWEST = 4
"""Earlier figures without which there is no history to speak of."""
_REACH = 1.5


def lower_fence(earlier: Sequence[float]) -> float | None:
    """Return the first quartile less one and a half times the quartiles' distance; None for too short a history."""
    if len(earlier) < FEWEST:
        return None
    low, _, high = statistics.quantiles(earlier, n=4, method="inclusive")
    return low - _REACH * (high - low)
