"""F-OLLAMA-005: an engine that nobody here wrote takes the GGUF file, and answers from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apr_qa.gates import _judging, _ollama
from apr_qa.gates._comparing import Twins
from apr_qa.gates._draw import claim as draw_claim
from apr_qa.vocab.axes import Category, Cell, Format
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Verdict


def _make(spec: GateSpec, _brief: Brief, _cell: Cell, twins: Sequence[Twins], _section: Mapping[str, Any]) -> Drawn:
    return Drawn(claims=(draw_claim(spec, Subject(format=Format.GGUF), [twin.model for twin in twins]),))


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = [name for name in _judging.answered(claim, exhibits) if exhibits.observations[name].reply.text]
    if answers:
        return _judging.held(f"Ollama took the file and answered {len(answers)} of {len(claim.needs)} questions")
    asked = _judging.asked(claim, exhibits)
    if any(seen.reply.ending is Ending.ANSWERED for seen in asked.values()):
        return _judging.fell("Ollama took the file, and all that it answered from it is empty")
    return _judging.nothing_answered(claim, exhibits)


GATE = Gate(
    spec=GateSpec(
        id="F-OLLAMA-005",
        claim="A real Ollama imports the GGUF file from a Modelfile, lists it, and answers from it.",
        category=Category.COMP,
        formats=(Format.GGUF,),
        remedy="Ollama's own words are in the reason; look at the header keys and tensor types that it refuses.",
    ),
    draw=_ollama.draw_with(_make, speaks=True),
    judge=_judge,
)
"""Named as the original's gate for `ollama create`; nothing is ever pulled, so there is no gate for that."""
