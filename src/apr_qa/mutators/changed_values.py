"""Whole tensors with other values: zeros, one too much, another scale, noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from apr_qa.mutators._edits import CONVERTED, LOUD, UP, add_one, edit_values, matrices, weight_fault, zeros
from apr_qa.mutators._names import EMBEDDING, NORM, in_layer
from apr_qa.mutators._planting import Plot
from apr_qa.vocab.mutators import Place

_NORM_0, _Q_BIAS = in_layer(0, "input_layernorm"), in_layer(0, "self_attn.q_proj", "bias")
_ZERO = ("zeros",)
_PLUS = ("1 is added",)


def _all_biases(plot: Plot) -> None:
    for name in [n for n in plot.tensors if n.endswith(".bias")]:
        edit_values(name, zeros)(plot)


def _all_norms(plot: Plot) -> None:
    for name in [n for n in plot.tensors if "norm" in n]:
        edit_values(name, add_one)(plot)


def _drop(name: str) -> Callable[[Plot], None]:
    def edit(plot: Plot) -> None:
        del plot.tensors[name]

    return edit


def _noise(*names: str) -> Callable[[Plot], None]:
    """Replace matrices (all when none is named) by noise of the same mean and width."""

    def edit(plot: Plot) -> None:
        for name in names or matrices(plot):
            values = plot.tensors[name].values()
            drawn = plot.random.normal(values.mean(), values.std(), values.shape)
            plot.tensors[name].put(drawn.astype(np.float32))

    return edit


MUTATORS = (
    weight_fault(
        "q-bias-missing", _drop(_Q_BIAS), "The query bias of one layer is left out.", (_Q_BIAS,), ("missing",)
    ),
    weight_fault(
        "q-bias-zero", edit_values(_Q_BIAS, zeros), "The query bias of one layer is all zeros.", (_Q_BIAS,), _ZERO
    ),
    weight_fault(
        "all-biases-zero",
        _all_biases,
        "All query, key and value biases are zeros.",
        (_Q_BIAS,),
        _ZERO,
        places=(*CONVERTED, Place.TRUTH),
    ),
    weight_fault(
        "norm-plus-one",
        edit_values(_NORM_0, add_one),
        "One norm weight has 1 added, as is right for Gemma only.",
        (_NORM_0,),
        _PLUS,
    ),
    weight_fault(
        "all-norms-plus-one",
        _all_norms,
        "Every norm weight has 1 added, as is right for Gemma only.",
        (NORM, _NORM_0),
        _PLUS,
        places=LOUD,
    ),
    weight_fault(
        "last-rows-zero",
        edit_values(EMBEDDING, lambda values: values[-2:].fill(0)),
        "The last two rows of the embedding are zeros, as after a cut.",
        (EMBEDDING,),
        ("zeros",),
        places=LOUD,
    ),
    weight_fault(
        "tensor-scaled",
        edit_values(UP, lambda values: np.multiply(values, 1.25, out=values)),
        "One matrix is 1.25 times as large.",
        (UP,),
        ("scaled by 1.25",),
    ),
    weight_fault(
        "tensor-noise",
        _noise(UP),
        "One matrix is noise of the same mean and width.",
        (UP,),
        (),
    ),
    weight_fault(
        "all-noise",
        _noise(),
        "Every matrix is noise of the same mean and width: a model that knows nothing.",
        (),
        (),
        places=LOUD,
        gateway=True,
    ),
)
