"""F-CONV-IDEM-001, -COM-001, -RT-BYTE-001: two ways that must end in the same file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apr_qa.contracts.alike import other_bytes, other_values
from apr_qa.gates import _conversions, _judging
from apr_qa.gates._agreeing import Side
from apr_qa.gates._conversions import A, G, S
from apr_qa.vocab.axes import Category, Severity
from apr_qa.vocab.conversions import Route
from apr_qa.vocab.gates import Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Weights

_SHOWN = 20
Differences = Callable[[Weights, Weights], Iterator[str]]


def _judge_by(differences: Differences, same: str) -> Callable[[Claim, Exhibits], Verdict]:
    def beside(found: Sequence[_conversions.End], _truth: Side) -> Verdict:
        one, other = found
        with Weights(one.headers[-1]) as ours, Weights(other.headers[-1]) as theirs:
            count = len(ours.tensors)
            faults = list(differences(ours, theirs))
        if not count:
            return _judging.fell("neither file holds a tensor, which shows nothing")
        if faults:
            more = f"; {len(faults) - 1} more" if len(faults) > 1 else ""
            return _judging.fell(faults[0] + more, faults=faults[:_SHOWN], count=len(faults))
        return _judging.held(f"{count} tensors {same}", compared=count)

    return lambda claim, exhibits: _conversions.judged(claim, exhibits, beside)


def _gate(
    name: str, claim: str, judge: Callable[[Claim, Exhibits], Verdict], *routes: Route, again: bool = False
) -> Gate:
    return Gate(
        spec=GateSpec(
            id=f"F-CONV-{name}-001",
            claim=claim,
            category=Category.REGR,
            severity=Severity.P2,
            weight=0.5,
            formats=(A,),
            tiers=_conversions.ROUTES_AT,
            remedy="Compare the two files with `apr-qa diff`; a converter that gives another file each time, or each"
            " way, cannot be checked by a digest.",
        ),
        draw=_conversions.draw_for(*routes, again=again),
        judge=judge,
    )


GATES = (
    _gate(
        "IDEM",
        "The same conversion made twice, from GGUF to APR, stores every tensor in the same bytes.",
        _judge_by(other_bytes, "are stored in the same bytes both times"),
        (G, A),
        again=True,
    ),
    _gate(
        "COM",
        "From GGUF to APR, the values are the same whether or not the way leads through SafeTensors.",
        _judge_by(other_values, "have the same values either way"),
        (G, A),
        (G, S, A),
    ),
    _gate(
        "RT-BYTE",
        "An APR file that went through GGUF and back stores every tensor in the same bytes as before.",
        _judge_by(other_bytes, "are stored in the same bytes as before"),
        (S, A),
        (S, A, G, A),
    ),
)
