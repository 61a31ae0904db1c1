"""Fewer bits than the label says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from apr_qa.mutators._edits import DOWN, matrices, weight_fault
from apr_qa.mutators._planting import Plot
from apr_qa.mutators._tensors import encode
from apr_qa.vocab.mutators import Place
from apr_qa.weights.decode import to_float32

_WORDS = ("q4_0",)


def _through_q4(*names: str) -> Callable[[Plot], None]:
    """Round matrices (all when none is named) to Q4_0 and store them in the element type that they had."""

    def edit(plot: Plot) -> None:
        for name in names or matrices(plot):
            tensor = plot.tensors[name]
            packed = np.frombuffer(encode(tensor.values(), "q4_0"), dtype=np.uint8)
            tensor.put(to_float32(packed, "q4_0", tensor.shape))

    return edit


def _stored_as(dtype: str) -> Callable[[Plot], None]:
    def edit(plot: Plot) -> None:
        tensor = plot.tensors[DOWN]
        tensor.data, tensor.dtype = encode(tensor.values(), dtype), dtype

    return edit


MUTATORS = (
    weight_fault(
        "tensor-through-q4", _through_q4(DOWN), "One matrix holds 4-bit values in a better type.", (DOWN,), _WORDS
    ),
    weight_fault("all-through-q4", _through_q4(), "Every matrix holds 4-bit values in a better type.", (DOWN,), _WORDS),
    weight_fault(
        "tensor-stored-q4",
        _stored_as("q4_0"),
        "One matrix is stored as Q4_0, against the file's declared type.",
        (DOWN,),
        _WORDS,
        places=(Place.GGUF,),
    ),
    weight_fault(
        "tensor-stored-f32",
        _stored_as("f32"),
        "One matrix fell back to F32, against the file's declared type.",
        (DOWN,),
        ("f32",),
        places=(Place.GGUF,),
    ),
)
