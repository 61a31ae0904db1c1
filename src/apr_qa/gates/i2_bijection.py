"""F-CONTRACT-I2-001: a converted file holds every tensor of ground truth once, under the name the format gives it."""

from __future__ import annotations

from apr_qa.gates import _contracts, _judging
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.verdict import Verdict

_SHOWN = 20


def _judge(found: _contracts.Converted) -> Verdict:
    mapped = found.mapped
    faults = list(_contracts.name_faults(mapped))
    detail = {"family": found.model.spec.name, "pairs": len(mapped.pairs)}
    if faults:
        more = f"; {len(faults) - 1} more" if len(faults) > 1 else ""
        return _judging.fell(faults[0] + more, faults=faults[:_SHOWN], count=len(faults), **detail)
    if mapped.unknown:
        return _judging.unjudged(
            f"the family {found.model.spec.name} does not describe {len(mapped.unknown)} tensors of the ground truth,"
            f" first {mapped.unknown[0]}",
            unknown=list(mapped.unknown[:_SHOWN]),
            **detail,
        )
    head = ", the output head is the embedding" if mapped.tied else ""
    return _judging.held(f"{len(mapped.pairs)} tensors correspond one to one ({found.model.spec.name}){head}", **detail)


GATE = Gate(
    spec=GateSpec(
        id="F-CONTRACT-I2-001",
        claim="The converted file holds every tensor of the ground truth, once, in the right shape, and nothing else.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        formats=_contracts.CONVERTED,
        remedy="Convert again from the SafeTensors files; a missing bias or a stray tensor is the converter's fault.",
    ),
    draw=_contracts.draw_for("I-2"),
    judge=_contracts.on_converted(_judge),
)
