"""A scorecard: what the evidence is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from annotated_types import Interval

from apr_qa.vocab.axes import Category, Gateway, Tier


class Status(StrEnum):
    """What may be said of the model."""

    CERTIFIED = "CERTIFIED"
    PROVISIONAL = "PROVISIONAL"
    BLOCKED = "BLOCKED"
    PENDING = "PENDING"
    PARTIAL = "PARTIAL"
    FAIL = "FAIL"


class GatewayState(StrEnum):
    """Absence of evidence is not a gateway that holds."""

    HOLDS = "holds"
    FELL = "fell"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryScore:
    """Points of one category and the claims behind them."""

    points: float
    maximum: int
    corroborated: int
    lost: int
    unjudged: int
    """Those planned and never judged are among them."""
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The one score, with everything that must stand beside it."""

    formula: str
    tier: Tier
    status: Status
    reason: str
    """The verdict in one sentence."""
    mqs: Annotated[int, Interval(ge=0, le=1000)]
    """0..1000, 0 when a gateway fell."""
    before_gateways: Annotated[int, Interval(ge=0, le=1000)]
    """What the score would have been if no gateway had fallen."""
    normalised: Annotated[float, Interval(ge=0, le=100)]
    """Display only: 100 x log10(1 + 9 x mqs/1000), rounded to two decimals; the grade comes from it."""
    grade: str
    qualifies: bool
    is_production_ready: bool
    gateways: Mapping[Gateway, GatewayState]
    categories: Mapping[Category, CategoryScore]
    penalties: Mapping[str, int] = field(default_factory=dict)
    """`crash` and `timeout` points taken."""
    judged: int = 0
    """n: claims judged."""
    corroborated: int = 0
    lower_bound: float | None = None
    """One-sided 95 % lower bound of the pass rate (exact binomial); None when nothing was judged."""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Number of claims by outcome; planned and never judged counts as `unjudged`."""
    matrix_judged: int = 0
    """Matrix scenarios with a verdict."""
