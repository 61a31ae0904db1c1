"""G4: answers are language, not garbage."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

FALSE_ALARMS = 0.01
"""Share of good answers that the garbage oracle may call garbage; below 100 answers not one is forgiven."""


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.ordinary)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    judged = [name for name in answers if name in exhibits.answers]
    if not judged:
        return _judging.nothing_answered(claim, exhibits)
    garbage = [name for name in judged if _judging.is_garbage(name, exhibits)]
    numbers = {"judged": len(judged), "garbage": len(garbage)}
    if len(garbage) > int(FALSE_ALARMS * len(judged)):
        first = garbage[0]
        return _judging.fell(
            f"{len(garbage)} of {len(judged)} answers are garbage: {_judging.prompt_of(first, exhibits)} got"
            f" {_judging.quoted(answers[first].reply.text)} ({exhibits.answers[first].reason})",
            scenario=first,
            **numbers,
        )
    return _judging.held(f"{len(judged) - len(garbage)} of {len(judged)} answers are language", **numbers)


GATE = Gate(
    spec=GateSpec(
        id="G4-GARBAGE-001",
        claim="Answers are language: not empty, repetitive, broken in their bytes, or random.",
        category=Category.QUAL,
        gateway=Gateway.G4,
        severity=Severity.P0,
        weight=2.0,
        remedy="Compare with another format of the same model: if only this one is garbage, its conversion or the"
        " engine's reading of it (layout, tokenizer, template) is at fault.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
