"""Healthy twins: every weight a little different, every other format made from them anew. Nothing may be alarmed."""

from __future__ import annotations

import numpy as np

from apr_qa.mutators._planting import Plot, weights
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place

_SHARE = 0.002
"""Of a tensor's own width: some hundred times less than training would move it, and enough to change the bytes."""


def _nudge(plot: Plot) -> None:
    for tensor in plot.tensors.values():
        values = tensor.values()
        drawn = plot.random.normal(0.0, _SHARE * float(values.std()), values.shape)
        tensor.put(values + drawn.astype(np.float32))


def _twin(name: str, model: str) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.WEIGHTS,
        summary="Every weight is moved by two thousandths of its tensor's width; all formats are made anew.",
        breaks="Nothing.",
        places=(Place.TRUTH,),
        apply=weights(_nudge),
        model=model,
        equivalent="it is another healthy model with its clean conversions",
    )


MUTATORS = (_twin("retrained", "tiny"), _twin("retrained-llama", "tiny-llama"))
