"""G4: basic questions are answered right."""

from __future__ import annotations

import math

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Cell, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Verdict

BOUND = 0.9
"""Share of basic answers that must be right, rounded up to whole answers."""
FEWEST_DIFFERENT = 3
"""Different right answers without which a constant could not be told from arithmetic."""


def _ask(brief: Brief, cell: Cell) -> tuple[Scenario, ...]:
    from_matrix = tuple(s for s in _probes.matrix(brief, cell) if s.oracle.name == "arithmetic")
    return from_matrix + _probes.sums(brief, cell)


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _ask, _draw.pair)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    judged = [name for name in answers if name in exhibits.answers and name in exhibits.scenarios]
    if not judged:
        return _judging.nothing_answered(claim, exhibits)
    right = _judging.passed(judged, exhibits)
    needed = _needed(len(judged))
    numbers = {"judged": len(judged), "right": len(right), "needed": needed}
    if len(right) < needed:
        first = next(name for name in judged if name not in right)
        return _judging.fell(
            f"{len(right)} of {len(judged)} basic answers are right, {needed} are needed:"
            f" {_judging.prompt_of(first, exhibits)} got {_judging.quoted(answers[first].reply.text)}",
            scenario=first,
            **numbers,
        )
    different = {exhibits.scenarios[name].oracle.expected.get("number") for name in right}
    if len(different) < FEWEST_DIFFERENT:
        return _judging.unjudged(
            f"only {len(different)} different answers were wanted, too few to tell arithmetic from a constant",
            **numbers,
        )
    return _judging.held(f"{len(right)} of {len(judged)} basic answers are right, {needed} are needed", **numbers)


def _needed(judged: int) -> int:
    """Return how many of so many answers must be right; one miss among few does not refute nine in ten."""
    return min(math.ceil(BOUND * judged), max(FEWEST_DIFFERENT, judged - 1))


GATE = Gate(
    spec=GateSpec(
        id="G4-BASIC-001",
        claim="At least nine in ten basic sums are answered right in this format on this backend.",
        category=Category.QUAL,
        gateway=Gateway.G4,
        severity=Severity.P0,
        weight=3.0,
        remedy="Read the wrong answers: a constant, a banner or fluent nonsense points at the engine; near misses in"
        " every format point at the model itself.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
