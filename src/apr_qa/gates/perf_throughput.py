"""F-PERF-001: tokens per second, counted from right answers only."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Cell
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

FEWEST = 3
"""Measurements below which a median says nothing."""


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    claims = []
    scenarios = []
    for cell in _draw.cells_of(spec, brief):
        asked = _probes.ordinary(brief, cell)
        scenarios.append(asked)
        params = {"minimum": _minimum(brief, cell)}
        claims.append(_draw.claim(spec, _draw.whole(cell), [s.id for s in asked], params=params))
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(scenarios))


def _minimum(brief: Brief, cell: Cell) -> float | None:
    """Return the tokens per second that the playbook asks of the cell's backend, None when it asks for none."""
    of_backend = _draw.profile_limit(brief, f"min_throughput_{cell.backend}")
    return of_backend if of_backend is not None else _draw.profile_limit(brief, "min_throughput")


def _speed(observation: Observation) -> float | None:
    """Return tokens per second as the engine says, else from its token count and our clock."""
    reply = observation.reply
    if reply.tokens_per_s is not None and reply.tokens_per_s > 0:
        return reply.tokens_per_s
    if reply.completion_tokens and observation.elapsed_s > 0:
        return reply.completion_tokens / observation.elapsed_s
    return None


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    right = _judging.passed(answers, exhibits)
    checked = [name for name in answers if exhibits.scenarios[name].oracle.name != "garbage"]
    if not right or (checked and not set(right) & set(checked)):
        return _judging.fell(f"none of {len(checked)} answers is right, and speed counts only when the answer is")
    speeds = [speed for name in right if (speed := _speed(answers[name])) is not None]
    if len(speeds) < FEWEST:
        return _judging.unjudged(f"only {len(speeds)} right answers were measured; {FEWEST} are needed", n=len(speeds))
    return _against(statistics.median(speeds), claim.params, len(speeds))


def _against(median: float, params: Mapping[str, Any], n: int) -> Verdict:
    minimum = params.get("minimum")
    numbers = {"tokens_per_s": round(median, 3), "n": n, "minimum": minimum}
    if minimum is not None and median < minimum:
        return _judging.fell(f"{median:.1f} tokens/s, the playbook asks for {minimum:g}", **numbers)
    asked = "no minimum is asked for" if minimum is None else f"{minimum:g} are asked for"
    return _judging.held(f"{median:.1f} tokens/s, the median of {n} right answers; {asked}", **numbers)


GATE = Gate(
    spec=GateSpec(
        id="F-PERF-001",
        claim="Right answers come at a measured speed, no slower than the playbook asks.",
        category=Category.PERF,
        remedy="Measure on an idle machine; compare the engine's build (SIMD, threads, gpu) with another engine.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
