"""G2: the model answers at all."""

from __future__ import annotations

from apr_qa.gates import _answers, _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_pairs(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.basic, _draw.pair)


def _draw_cells(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.basic)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    spoken = [name for name, o in answers.items() if _answers.plain(o.reply.text)]
    if spoken:
        return _judging.held(f"{len(spoken)} of {len(claim.needs)} basic questions got an answer", answered=len(spoken))
    if answers:
        return _judging.fell(f"{len(answers)} answers, all of them empty", answered=0)
    return _judging.nothing_answered(claim, exhibits)


_REMEDY = "Run the reproducing command of a basic question by hand and read what the engine prints."

GATES = (
    Gate(
        spec=GateSpec(
            id="G2-ANSWER-001",
            claim="The engine answers basic questions with text in this format on this backend.",
            category=Category.QUAL,
            gateway=Gateway.G2,
            severity=Severity.P0,
            weight=0.5,
            remedy=_REMEDY,
        ),
        draw=_draw_pairs,
        judge=_judge,
    ),
    Gate(
        spec=GateSpec(
            id="F-QUAL-ANSWER-001",
            claim="Each way of asking gets an answer: this cell answers basic questions with text.",
            category=Category.QUAL,
            severity=Severity.P1,
            weight=3.0,
            remedy=_REMEDY,
        ),
        draw=_draw_cells,
        judge=_judge,
    ),
)
