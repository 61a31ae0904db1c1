"""F-QUAL-LEAK: control tokens stay inside."""

from __future__ import annotations

from apr_qa.gates import _answers, _draw, _judging, _probes
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.basic)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    for name, observation in answers.items():
        leaked = _answers.control_tokens(observation.reply.text)
        if leaked:
            return _judging.fell(
                f"the answer to {_judging.prompt_of(name, exhibits)} holds {', '.join(leaked[:3])}",
                scenario=name,
                leaked=leaked[:10],
            )
    return _judging.held(f"no control token in {len(answers)} answers", judged=len(answers))


GATE = Gate(
    spec=GateSpec(
        id="F-QUAL-LEAK-001",
        claim="No control token of the chat template appears in an answer.",
        category=Category.QUAL,
        remedy="The engine should drop special tokens when it turns ids into text, and stop at the end of a turn.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
