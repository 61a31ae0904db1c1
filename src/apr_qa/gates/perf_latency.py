"""F-PERF-002: time to a whole answer, where the playbook sets a limit."""

from __future__ import annotations

import math

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

_QUANTILES = {"max_p50_ms": 0.5, "max_p99_ms": 0.99}


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    limits = {name: limit for name in _QUANTILES if (limit := _draw.profile_limit(brief, name)) is not None}
    if not limits:
        return Drawn()
    asked = {cell: _probes.ordinary(brief, cell) for cell in _draw.cells_of(spec, brief)}
    claims = [
        _draw.claim(spec, _draw.whole(cell), [s.id for s in scenarios], params=limits)
        for cell, scenarios in asked.items()
    ]
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(asked.values()))


def _quantile(values: list[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    right = _judging.passed(answers, exhibits)
    if not right:
        return _judging.fell(f"none of {len(answers)} answers is right, and time counts only when the answer is")
    times = [1000 * answers[name].elapsed_s for name in right]
    found = {limit: _quantile(times, _QUANTILES[limit]) for limit in claim.params}
    numbers = {"n": len(times), **{name.removeprefix("max_"): round(value, 3) for name, value in found.items()}}
    for limit, value in found.items():
        if value > claim.params[limit]:
            label = limit.removeprefix("max_").removesuffix("_ms")
            return _judging.fell(
                f"{label} of {len(times)} right answers is {value:.0f} ms, the limit {claim.params[limit]:g} ms",
                **numbers,
            )
    return _judging.held(f"{len(times)} right answers within the limits of the playbook", **numbers)


GATE = Gate(
    spec=GateSpec(
        id="F-PERF-002",
        claim="Right answers come within the latency that the playbook allows.",
        category=Category.PERF,
        remedy="Measure on an idle machine; a cold start or a conversion at load time counts for the first answer.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
