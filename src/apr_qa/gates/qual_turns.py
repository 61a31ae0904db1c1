"""F-QUAL-TURNS: a conversation has a memory."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Modality
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if not brief.has_template:
        return _draw.not_drawn(spec, "the model has no chat template, so it holds no conversation")
    return _draw.grouped(spec, brief, _probes.turns)


def _judge(name: str, exhibits: Exhibits) -> Verdict:
    text = exhibits.observations[name].reply.text
    if _judging.is_garbage(name, exhibits):
        return _judging.own_verdict(name, exhibits)
    if _probes.NAME.lower() in (text or "").lower():
        return _judging.held(f"told the name in the first turn, it says {_judging.quoted(text)} in the second")
    return _judging.fell(f"told that the name is {_probes.NAME}, it says {_judging.quoted(text)} when asked for it")


GATE = Gate(
    spec=GateSpec(
        id="F-QUAL-TURNS-001",
        claim="A later turn of a conversation uses what an earlier one said.",
        category=Category.QUAL,
        modalities=(Modality.CHAT, Modality.SERVE),
        remedy="Check that the engine puts all turns through the chat template, in order and with their roles.",
    ),
    draw=_draw_claims,
    judge=_judging.on_answer(_judge),
)
