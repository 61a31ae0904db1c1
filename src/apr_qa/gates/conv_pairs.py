"""F-CONV-X-Y: one conversion by the engine, from each format to each other (G GGUF, A APR, S SafeTensors)."""

from __future__ import annotations

from apr_qa.gates import _conversion_values, _conversions
from apr_qa.vocab.axes import Category
from apr_qa.vocab.conversions import Route
from apr_qa.vocab.gates import Gate, GateSpec


def _gate(route: Route) -> Gate:
    source, target = route
    return Gate(
        spec=GateSpec(
            id=f"F-CONV-{source[0].upper()}-{target[0].upper()}",
            claim=f"Told to turn {source} into {target}, the engine loses no tensor and no value, unless asked to.",
            category=Category.COMP,
            formats=(target,),
            tiers=_conversions.STEPS_AT,
            remedy="The reason names the tensor and what the engine did to it: report it with the command to its"
            " makers, and do not ship files that this step has made.",
        ),
        draw=_conversions.draw_for(route),
        judge=_conversion_values.judge,
    )


GATES = tuple(_gate(route) for route in _conversions.PAIRS)
