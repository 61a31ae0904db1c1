"""F-OLLAMA-001: from one and the same GGUF file, the engine on trial and a real Ollama answer alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    pairs = list(_tokens(claim, exhibits))
    same = sum(1 for ours, theirs in pairs if ours == theirs)
    return replace(verdict, detail={**verdict.detail, "tokens_compared": len(pairs), "same_tokens": same})


def _tokens(claim: Claim, exhibits: Exhibits) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Yield the token ids of both answers to each question, where both engines gave any."""
    for ours, theirs, _ in claim.params["twins"]:
        seen = [exhibits.observations[name].reply.tokens for name in (ours, theirs) if name in exhibits.observations]
        if len(seen) == 2 and seen[0] and seen[1]:
            yield seen[0], seen[1]


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
