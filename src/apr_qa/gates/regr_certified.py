"""F-REGR-CERTIFIED: what was right when the model was last certified is right still."""

from __future__ import annotations

import re

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Cell
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

_ON_ANSWERS = re.compile(r"F-A\d")
"""The gates of the matrix: each claim is that one answer is right. Others (F-API) say nothing of the answer."""


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if brief.earlier is None:
        return Drawn(not_run=(NotRun(what=spec.id, reason=brief.no_earlier),) if brief.no_earlier else ())
    right = _right_before(brief.earlier)

    def still_asked(brief: Brief, cell: Cell) -> tuple[Scenario, ...]:
        return tuple(s for s in _probes.matrix(brief, cell) if _question(s) in right)

    return _draw.grouped(spec, brief, still_asked)


def _question(scenario: Scenario) -> tuple[str, tuple[tuple[str, str], ...]]:
    return str(scenario.cell), tuple((m.role, m.content) for m in scenario.messages)


def _right_before(earlier: Evidence) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the questions of the matrix whose answers held, with their cells."""
    held = {
        name
        for judged in earlier.judged
        if _ON_ANSWERS.match(judged.claim.gate) and judged.verdict.outcome is Outcome.CORROBORATED
        for name in judged.claim.needs
    }
    return {_question(s) for s in earlier.run.scenarios if s.id in held}


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    wrong = [n for n in answers if _judging.own_verdict(n, exhibits).outcome.is_lost]
    if wrong:
        return _judging.fell(
            f"{len(wrong)} of {len(answers)} answers that were right before are wrong now:"
            f" {_judging.prompt_of(wrong[0], exhibits)} got {_judging.quoted(answers[wrong[0]].reply.text)}",
            scenario=wrong[0],
        )
    right = _judging.passed(answers, exhibits)
    if not right:
        return _judging.unjudged("none of the answers was judged")
    return _judging.held(f"{len(right)} answers that were right before are right still", judged=len(right))


GATE = Gate(
    spec=GateSpec(
        id="F-REGR-CERTIFIED-001",
        claim="Every question answered right at the last certification is answered right again.",
        category=Category.REGR,
        weight=2.0,
        remedy="Compare engine version and file digests of the two certificates: one of them changed.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
