"""The rule by which a heavy tier may stop before the end of its plan: fixed when planned, blind to the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Interval

STOPPED = "sequential"
"""Under this name a verdict's detail says that the rule stopped the run before all that the claim needs was asked."""

Share = Annotated[float, Interval(gt=0, lt=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SequentialRule:
    """Looks at the questions of the matrix after each round; a round is `minimum` scenarios a cell.

    A question survives when all its answers so far did, for answers of one model to one question are not independent.
    """

    minimum: Annotated[int, Ge(1)]
    """Matrix scenarios a cell before the first look, and between two looks."""
    bad: Share
    """A pass rate of this or less is bad ..."""
    good: Share
    """... and one of this or more is good; between the two either decision may come."""
    alpha: Share
    """Wanted probability of deciding for good when the rate is `bad`."""
    beta: Share
    """Wanted probability of deciding for bad when the rate is `good`."""
    looks: Annotated[int, Ge(1)] = 1
    """Rounds of the plan. The lower bound of the pass rate is shared out among them."""
