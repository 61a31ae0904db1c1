"""Two files of one format side by side, tensor by tensor: the same bytes, or the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from apr_qa.contracts.compare import Pairing
from apr_qa.contracts.envelopes import Envelope, envelope_for
from apr_qa.contracts.recipes import Truth, recipe
from apr_qa.weights import Weights
from apr_qa.weights.dtypes import BLOCKS
from apr_qa.weights.tiles import Tiles

_AT_ONCE = 1 << 24
"""Bytes compared at a time."""


def other_bytes(one: Weights, other: Weights) -> Iterator[str]:
    """Yield, a sentence each, the tensors that are not stored in the same bytes."""
    yield from _apart(one, other, lambda name: _bytes(one, other, name))


def other_values(one: Weights, other: Weights) -> Iterator[str]:
    """Yield, a sentence each, the tensors whose values differ by more than rounding to the narrower type explains.

    Raises MalformedWeights for types that cannot be decoded.
    """
    sides = Truth(Tiles(one)), Tiles(other)
    yield from _apart(one, other, lambda name: _values(sides, one, other, name))


def _apart(one: Weights, other: Weights, differ: Callable[[str], str]) -> Iterator[str]:
    """A tensor that is named and holds nothing is a note that two are one, as of a tied head."""
    held = {name for name, info in one.tensors.items() if info.size_bytes}
    also = {name for name, info in other.tensors.items() if info.size_bytes}
    for name in one.tensors:
        if name not in held:
            continue
        if name not in also:
            yield f"{name} is in one of them only"
            continue
        a, b = one.tensors[name], other.tensors[name]
        said = differ(name) if a.shape == b.shape else f"is {list(a.shape)} in one and {list(b.shape)} in the other"
        if said:
            yield f"{name} {said}"
    yield from (f"{name} is in one of them only" for name in other.tensors if name in also - held)


def _bytes(one: Weights, other: Weights, name: str) -> str:
    a, b = one.tensors[name], other.tensors[name]
    if a.dtype != b.dtype:
        return f"is stored as {a.dtype} in one and as {b.dtype} in the other"
    ours, theirs = one.raw(name), other.raw(name)
    if len(ours) != len(theirs):
        return f"takes {len(ours)} bytes in one and {len(theirs)} in the other"
    for start in range(0, len(ours), _AT_ONCE):
        apart = ours[start : start + _AT_ONCE] != theirs[start : start + _AT_ONCE]
        if apart.any():
            return f"differs from byte {start + int(np.argmax(apart))} on"
    return ""


def _values(sides: tuple[Truth, Tiles], one: Weights, other: Weights, name: str) -> str:
    a, b = one.tensors[name], other.tensors[name]
    envelope = _envelope(a.dtype, b.dtype)
    if envelope is None:
        return f"is {a.dtype} in one and {b.dtype} in the other, and how far these may differ was never measured"
    seen = Pairing(*sides, name).compare(recipe([name], a.shape, [], {}), envelope)
    return "" if seen.fits(envelope) else f"has other values: residual {seen.residual:.2g} over {a.dtype} and {b.dtype}"


def _envelope(one: str, other: str) -> Envelope | None:
    narrow, wide = sorted((one, other), key=_bits)
    return envelope_for(narrow, wide)


def _bits(dtype: str) -> float:
    """Bits a value; of two types of sixteen bits the one with fewer bits of precision is the narrower."""
    if dtype not in BLOCKS:
        return 4.5 if dtype == "apr_q4" else 8.0
    elements, size = BLOCKS[dtype]
    return 8 * size / elements - (0.5 if dtype == "bf16" else 0.0)
