"""The same claims judged twice: are the flips uneven beyond chance?"""

from __future__ import annotations

import math


def mcnemar(lost: int, won: int) -> float:
    """Return the two-sided p-value of McNemar's exact test; 1 without flips (Psychometrika 12, 1947)."""
    flips = lost + won
    tail = sum(math.comb(flips, k) for k in range(min(lost, won) + 1))
    return min(1.0, float(2 * tail / 2**flips))
