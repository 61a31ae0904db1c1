"""How sure a pass rate is: exact binomial bounds (Clopper and Pearson, Biometrika 26, 1934)."""

from __future__ import annotations

CONFIDENCE = 0.95


def lower_bound(passed: int, judged: int, looks: int = 1) -> float | None:
    """Return the one-sided 95 % lower bound of the pass rate, 0..1; None when nothing was judged.

    18 of 18 prove 84.7 %. Rounded down to four decimals, so that more is never claimed than was shown. A run that
    could have stopped at `looks` places shares its doubt out among them (Bonferroni): the bound holds wherever it did.
    """
    if judged == 0:
        return None
    if passed == 0:
        return 0.0
    return int(_bound(passed, judged, (1 - CONFIDENCE) / looks) * 10_000) / 10_000


def _bound(passed: int, judged: int, doubt: float) -> float:
    if passed == judged:
        return float(doubt ** (1 / judged))
    from scipy.special import betaincinv  # takes a second to load, and most certificates have no failed claim

    return float(betaincinv(passed, judged - passed + 1, doubt))
