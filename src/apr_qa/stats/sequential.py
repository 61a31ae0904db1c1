"""Wald's sequential probability ratio test of a pass rate (Annals of Mathematical Statistics 16, 1945)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What the test says so far."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTest:
    """A pass rate of `bad` or less against one of `good` or more, with the errors that were asked for."""

    bad: float
    good: float
    alpha: float
    """Wanted probability of saying good when the rate is `bad`."""
    beta: float
    """Wanted probability of saying bad when the rate is `good`."""

    def decide(self, survived: int, lost: int) -> Decision:
        """Return the decision after that many trials. The order of trials within a look does not matter."""
        ratio = self.log_ratio(survived, lost)
        if ratio >= math.log((1 - self.beta) / self.alpha):
            return Decision.GOOD
        if ratio <= math.log(self.beta / (1 - self.alpha)):
            return Decision.BAD
        return Decision.OPEN

    def log_ratio(self, survived: int, lost: int) -> float:
        """Return the natural logarithm of the likelihood ratio of `good` to `bad`."""
        return survived * math.log(self.good / self.bad) + lost * math.log((1 - self.good) / (1 - self.bad))

    @property
    def error_bounds(self) -> tuple[float, float]:
        """Return what Wald proves of the two errors, however far a look oversteps: alpha/(1-beta), beta/(1-alpha)."""
        return self.alpha / (1 - self.beta), self.beta / (1 - self.alpha)
