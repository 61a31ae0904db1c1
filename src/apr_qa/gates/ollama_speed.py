"""F-OLLAMA-002: on the same GGUF file, the engine on trial is not much slower than a real Ollama."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apr_qa.gates import _judging, _ollama
from apr_qa.gates._comparing import Twins
from apr_qa.gates._draw import claim as draw_claim
from apr_qa.vocab.axes import Category, Cell, Format
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

FEWEST_TOKENS = 4
"""A shorter answer measures the start of the answer, not its speed."""


def _make(spec: GateSpec, _brief: Brief, cell: Cell, twins: Sequence[Twins], section: Mapping[str, Any]) -> Drawn:
    needs = [name for twin in twins for name in (twin.model, twin.other)]
    params = {
        "ours": [twin.other for twin in twins],
        "theirs": [twin.model for twin in twins],
        "ratio": float(section["min_perf_ratio"]),
    }
    return Drawn(claims=(draw_claim(spec, _ollama.subject(cell), needs, params=params),))


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    ours, theirs = (_speeds(claim.params[side], exhibits) for side in ("ours", "theirs"))
    if not ours and not _judging.passed(claim.params["ours"], exhibits):
        return _judging.skipped("the engine answered nothing rightly, and speed counts only when the answer is right")
    if not ours or not theirs:
        who = "Ollama" if ours else "the engine"
        return _judging.unjudged(f"no answer of {who} was right, measured and {FEWEST_TOKENS} tokens long")
    mine, other, wanted = statistics.median(ours), statistics.median(theirs), claim.params["ratio"]
    ratio = mine / other
    numbers = {"tokens_per_s": round(mine, 2), "ollama_tokens_per_s": round(other, 2), "ratio": round(ratio, 3)}
    words = f"{mine:.1f} tokens/s, {ratio:.2f} times Ollama's {other:.1f}; {wanted:g} times are asked for"
    return (_judging.held if ratio >= wanted else _judging.fell)(words, n=min(len(ours), len(theirs)), **numbers)


def _speeds(names: Iterable[str], exhibits: Exhibits) -> list[float]:
    """Return the speeds of the right answers that are long enough."""
    replies = [exhibits.observations[name].reply for name in _judging.passed(names, exhibits)]
    long_enough = [reply for reply in replies if (reply.completion_tokens or 0) >= FEWEST_TOKENS]
    return [reply.tokens_per_s for reply in long_enough if reply.tokens_per_s]


GATE = Gate(
    spec=GateSpec(
        id="F-OLLAMA-002",
        claim="On the same GGUF file and machine, the engine decodes at a fair share of the speed of a real Ollama.",
        category=Category.PERF,
        formats=(Format.GGUF,),
        remedy="Measure on an idle machine; compare the engine's build: SIMD, threads, the types that it computes in.",
    ),
    draw=_ollama.draw_with(_make),
    judge=_judge,
)
