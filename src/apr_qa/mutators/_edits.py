"""Edits that several sets of weight faults share, and the row of their tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from apr_qa.mutators._names import in_layer
from apr_qa.mutators._planting import Plot, weights
from apr_qa.mutators._tensors import Floats
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place

CONVERTED = (Place.GGUF, Place.APR)
LOUD = (Place.GGUF, Place.TRUTH)
"""Faults that show in the answers, so that they are found even where every format agrees on them."""
DOWN, UP = in_layer(0, "mlp.down_proj"), in_layer(1, "mlp.up_proj")


def edit_values(name: str, change: Callable[[Floats], object]) -> Callable[[Plot], None]:
    """Return the edit that changes one tensor's values in place."""

    def edit(plot: Plot) -> None:
        values = plot.tensors[name].values()
        change(values)
        plot.tensors[name].put(values)

    return edit


def edit_block(change: Callable[[Floats], object]) -> Callable[[Plot], None]:
    """Return the edit that changes 32 weights in the middle of a matrix, all within one stored block."""
    return edit_values(DOWN, lambda values: change(values[values.shape[0] // 2, 32:64]))


def matrices(plot: Plot) -> list[str]:
    """Return the names of all matrices."""
    return [name for name, tensor in plot.tensors.items() if len(tensor.shape) == 2]


def zeros(values: Floats) -> None:
    """Set all values to zero."""
    values.fill(0)


def add_one(values: Floats) -> None:
    """Add 1, which is right for the norms of Gemma only."""
    np.add(values, 1, out=values)


def weight_fault(  # noqa: PLR0913  (one row of a table)
    name: str,
    edit: Callable[[Plot], None],
    summary: str,
    tensors: tuple[str, ...],
    words: tuple[str, ...],
    *,
    places: tuple[Place, ...] = CONVERTED,
    model: str = "tiny",
    gateway: bool = False,
) -> Mutator:
    """Return the mutator of one edit of weights."""
    return Mutator(
        name=name,
        layer=FaultLayer.WEIGHTS,
        summary=summary,
        breaks="The header looks healthy; answers get worse, from unnoticed to nonsense.",
        places=places,
        apply=weights(edit),
        model=model,
        tensors=tensors,
        words=words,
        gateway=gateway,
    )
