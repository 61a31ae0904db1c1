"""F-API-001: what the server sends is what its clients expect."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Modality
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Failing
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.basic)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    observations = _judging.asked(claim, exhibits)
    unreadable = [name for name, o in observations.items() if o.reply.failing is Failing.PROTOCOL]
    if unreadable:
        said = _judging.quoted(observations[unreadable[0]].reply.message, 100)
        return _judging.fell(f"{len(unreadable)} of {len(observations)} replies cannot be read: {said}")
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    uncounted = [name for name, o in answers.items() if None in (o.reply.prompt_tokens, o.reply.completion_tokens)]
    if uncounted:
        return _judging.fell(f"{len(uncounted)} of {len(answers)} replies come without the token counts of `usage`")
    return _judging.held(f"{len(answers)} replies of the OpenAI shape, with token counts", replies=len(answers))


GATE = Gate(
    spec=GateSpec(
        id="F-API-001",
        claim="The server's replies are JSON of the OpenAI shape, with the token counts of `usage`.",
        category=Category.COMP,
        modalities=(Modality.SERVE,),
        remedy="Send the request of the reproducing command and hold the reply against the chat completion object.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
