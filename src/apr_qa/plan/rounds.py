"""Rounds of a plan that may stop early: what is asked before the first look, and between two looks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from apr_qa.errors import InputError
from apr_qa.plan.request import PlanRequest
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.scenario import Purpose, Scenario
from apr_qa.vocab.sequential import SequentialRule


def rule_of(request: PlanRequest, matrix: Sequence[Scenario]) -> SequentialRule | None:
    """Return the tier's rule with the looks of this matrix, when the user wants one. Raises InputError without one."""
    if not request.sequential:
        return None
    rule = request.tier.sequential
    if rule is None:
        raise InputError(
            f"tier {request.tier.tier} asks its whole matrix",
            where="--sequential",
            remedy="Leave it out; tiers standard and deep may stop early.",
        )
    largest = max(Counter(scenario.cell for scenario in matrix).values(), default=0)
    return replace(rule, looks=max(1, math.ceil(largest / rule.minimum)))


def rounds(plan: Plan) -> tuple[tuple[Scenario, ...], ...]:
    """Return the scenarios by round: all probes are in the first; without a rule there is one round."""
    if plan.sequential is None:
        return (plan.scenarios,)
    found: list[list[Scenario]] = [[] for _ in range(plan.sequential.looks)]
    placed: Counter[str] = Counter()
    for scenario in plan.scenarios:
        counts = scenario.purpose is Purpose.MATRIX and not scenario.engine
        number = placed[str(scenario.cell)] // plan.sequential.minimum if counts else 0
        placed[str(scenario.cell)] += counts
        found[number].append(scenario)
    return tuple(tuple(scenarios) for scenarios in found)
