"""F-OLLAMA-001: from one and the same GGUF file, the engine on trial and a real Ollama answer alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from apr_qa.gates import _comparing, _ollama
from apr_qa.gates._draw import claim as draw_claim
from apr_qa.vocab.axes import Category, Cell, Format
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _make(
    spec: GateSpec, _brief: Brief, cell: Cell, twins: Sequence[_comparing.Twins], _section: Mapping[str, Any]
) -> Drawn:
    needs = [name for twin in twins for name in (twin.model, twin.other)]
    params = _comparing.params(twins)
    return Drawn(claims=(draw_claim(spec, _ollama.subject(cell), needs, params=params),))


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    verdict = _comparing.judge(claim, exhibits)
    return replace(verdict, detail={**verdict.detail, "same_tokens": _same_tokens(claim, exhibits)})


def _same_tokens(claim: Claim, exhibits: Exhibits) -> int:
    """Return for how many questions both gave the same token ids, as far as both gave any."""
    pairs = [[exhibits.observations.get(name) for name in twin[:2]] for twin in claim.params["twins"]]
    ids = [[seen.reply.tokens if seen else None for seen in pair] for pair in pairs]
    return sum(1 for ours, theirs in ids if ours and ours == theirs)


GATE = Gate(
    spec=GateSpec(
        id="F-OLLAMA-001",
        claim="From the same GGUF file, the engine gives the greedy answers that a real Ollama gives.",
        category=Category.COMP,
        weight=2.0,
        formats=(Format.GGUF,),
        remedy="Ask the reference engine too (F-ENGINE-FILE-001): it says which of the two reads the file wrongly.",
    ),
    draw=_ollama.draw_with(_make),
    judge=_judge,
)
