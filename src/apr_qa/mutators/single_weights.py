"""One weight, or one block of 32, is wrong: the faults that no statistic of a whole tensor sees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from apr_qa.mutators._edits import CONVERTED, DOWN, edit_block, weight_fault, zeros
from apr_qa.mutators._planting import Plot
from apr_qa.mutators._tensors import Floats
from apr_qa.vocab.mutators import Place

_Q8_0_BYTES = 34


def _double(block: Floats) -> None:
    block *= 2


def _flip_sign(block: Floats) -> None:
    largest = int(np.argmax(np.abs(block)))
    block[largest] = -block[largest]


def _exponent(plot: Plot) -> None:
    """Flip the highest bit but one of one weight; where blocks have a scale, of one block's scale."""
    tensor = plot.tensors[DOWN]
    data = bytearray(tensor.data)
    step = _Q8_0_BYTES if tensor.dtype == "q8_0" else 2
    middle = len(data) // 2
    data[middle - middle % step + 1] ^= 0x40
    tensor.data = bytes(data)


def _spoil(value: float) -> Callable[[Plot], None]:
    """Store Inf or NaN: as a weight or, where blocks have a scale, as the scale of one block."""

    def edit(plot: Plot) -> None:
        tensor = plot.tensors[DOWN]
        if tensor.dtype == "q8_0":
            tensor.data = np.float16(value).tobytes() + tensor.data[2:]
            return
        values = tensor.values()
        values[0, 7] = value
        tensor.put(values)

    return edit


MUTATORS = (
    weight_fault("block-zero", edit_block(zeros), "One block of 32 weights is zero.", (DOWN,), ("zeros",)),
    weight_fault(
        "block-doubled", edit_block(_double), "One block of 32 weights is doubled.", (DOWN,), ("scaled by 2",)
    ),
    weight_fault(
        "exponent-flipped",
        _exponent,
        "One bit of an exponent is flipped.",
        (DOWN,),
        ("bit", "exponent", "scaled by", "value 0 is"),
    ),
    weight_fault("sign-flipped", edit_block(_flip_sign), "The sign of one weight is flipped.", (DOWN,), ("sign",)),
    weight_fault(
        "infinite",
        _spoil(float("inf")),
        "One weight is infinite, as after an overflow of F16.",
        (DOWN,),
        ("inf", "finite"),
        places=(*CONVERTED, Place.TRUTH),
        gateway=True,
    ),
    weight_fault(
        "not-a-number",
        _spoil(float("nan")),
        "One weight is not a number.",
        (DOWN,),
        ("nan", "not a number", "finite"),
        places=(*CONVERTED, Place.TRUTH),
        gateway=True,
    ),
)
