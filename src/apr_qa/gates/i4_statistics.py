"""F-CONTRACT-I4-001: the values of a converted file are those of ground truth, as near as its type allows."""

from __future__ import annotations

import math
from typing import Any

from apr_qa.contracts.statistics import Fault, examine, sentence
from apr_qa.gates import _contracts, _judging
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Weights

_SHOWN = 20


def _judge(found: _contracts.Converted) -> Verdict:
    pairs = found.mapped.pairs
    if not pairs:
        return _judging.skipped("no tensor of the file corresponds to ground truth; F-CONTRACT-I2-001 judges that")
    with Weights(found.truth) as truth, Weights(found.other) as other:
        seen = examine(truth, other, pairs, found.model.numbers)
    detail: dict[str, Any] = {"compared": seen.compared, "family": found.model.spec.name}
    if seen.provisional:
        detail["provisional"] = list(seen.provisional)
    if seen.faults:
        listed = [_listed(fault) for fault in seen.faults[:_SHOWN]]
        return _judging.fell(sentence(seen.faults), faults=listed, count=len(seen.faults), **detail)
    if seen.unbounded:
        return _judging.unjudged(
            f"how far clean conversions to {', '.join(seen.unbounded)} stray was never measured", **detail
        )
    residuals = ", ".join(f"{dtype} {value:.2g}" for dtype, value in seen.worst.items())
    return _judging.held(
        f"{seen.compared} tensors hold the values of ground truth; largest residual: {residuals}",
        residuals=dict(seen.worst),
        **detail,
    )


def _listed(fault: Fault) -> dict[str, Any]:
    return {
        "tensor": fault.tensor,
        "kind": fault.kind,
        "says": fault.says,
        "before": _finite(fault.before),
        "after": _finite(fault.after),
        "rows": list(fault.rows),
        "tried": {says: value for says, value in fault.tried.items() if math.isfinite(value)},
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


GATE = Gate(
    spec=GateSpec(
        id="F-CONTRACT-I4-001",
        claim="The values of the converted file are those of the ground truth, as near as the stored type allows.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        formats=_contracts.CONVERTED,
        remedy="The reason names the tensor and what was done to it: mend that step of the conversion, convert again.",
    ),
    draw=_contracts.draw_for("I-4"),
    judge=_contracts.on_converted(_judge),
)
