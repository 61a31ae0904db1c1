"""F-STAB: the same question gets the same answer, warm or cold."""

from __future__ import annotations

from apr_qa.gates import _answers, _draw, _judging, _probes
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_repeats(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.repeated)


def _draw_cold(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.cold)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    """Every repeat must be there: an answer that comes only sometimes is not a stable one."""
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    lost = [v for n in claim.needs if (v := _judging.unanswered(n, exhibits)) is not None]
    if lost:
        faults = [v for v in lost if v.outcome.is_lost]
        if faults:
            return _judging.fell(f"{len(answers)} of {len(claim.needs)} repeats were answered: {faults[0].reason}")
        return _judging.unjudged(f"{len(lost)} of {len(claim.needs)} repeats have no answer: {lost[0].reason}")
    texts = {name: _answers.plain(o.reply.text) for name, o in answers.items()}
    first = texts[claim.needs[0]]
    if not first:
        return _judging.fell("the answer is empty each time, which shows nothing")
    other = next((name for name in claim.needs if texts[name] != first), None)
    if other is not None:
        return _judging.fell(
            f"asked again, {_judging.quoted(first)} became {_judging.quoted(texts[other])}",
            scenario=other,
            different=len(set(texts.values())),
        )
    return _judging.held(f"{len(texts)} times the same answer", repeats=len(texts))


GATES = (
    Gate(
        spec=GateSpec(
            id="F-STAB-REPEAT-001",
            claim="At temperature 0 the same question gets the same answer every time.",
            category=Category.STAB,
            weight=2.0,
            remedy="Look for state that survives a question (cache, history, sampling seed) and for races between"
            " threads.",
        ),
        draw=_draw_repeats,
        judge=_judge,
    ),
    Gate(
        spec=GateSpec(
            id="F-STAB-COLD-001",
            claim="A freshly started engine gives the same answer as one that has answered before.",
            category=Category.STAB,
            remedy="Look for what the first question changes: a cache that is not cleared, or a warm-up that matters.",
        ),
        draw=_draw_cold,
        judge=_judge,
    ),
)
