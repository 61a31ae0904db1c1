"""Tensors as they are stored, with values in and out, whatever the format."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apr_qa.vocab.mutators import UnwritableError
from apr_qa.weights.decode import to_float32

Floats = npt.NDArray[np.float32]
_PLAIN = {"f32": "<f4", "f16": "<f2"}


@dataclass(slots=True)
class Stored:
    """One tensor of a file that is open for changes: element type, row-major shape, bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    def values(self) -> Floats:
        """Return the tensor as float32 in its shape, a copy."""
        return to_float32(np.frombuffer(self.data, dtype=np.uint8), self.dtype, self.shape)

    def put(self, values: Floats) -> None:
        """Store `values` in the same element type; the shape may change with them."""
        self.shape, self.data = values.shape, encode(values, self.dtype)

    @property
    def rows(self) -> list[bytes]:
        """The bytes of each row; no element type used here packs across rows."""
        width = len(self.data) // self.shape[0]
        return [self.data[i * width : (i + 1) * width] for i in range(self.shape[0])]

    def reorder(self, order: npt.NDArray[np.intp] | list[int]) -> None:
        """Put row `order[i]` in place `i`, byte for byte."""
        rows = self.rows
        self.data = b"".join(rows[i] for i in order)

    def copied(self) -> Stored:
        """Return another one with the same content."""
        return Stored(self.dtype, self.shape, self.data)


def encode(values: Floats, dtype: str) -> bytes:
    """Return float32 `values` as stored bytes of type `dtype`: f32, f16, bf16 (nearest), or a ggml block type.

    Raises UnwritableError for a type that is read only.
    """
    solid = np.ascontiguousarray(values, dtype=np.float32)
    if dtype in _PLAIN:
        with np.errstate(over="ignore"):
            return solid.astype(_PLAIN[dtype]).tobytes()
    if dtype == "bf16":
        bits = solid.view(np.uint32)
        nearest = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
        return nearest.astype("<u2").tobytes()
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    with np.errstate(invalid="ignore", over="ignore"):  # Inf and NaN are planted on purpose
        try:
            return quantize(solid, GGMLQuantizationType[dtype.upper()]).tobytes()
        except NotImplementedError:  # the gguf library reads K-quants and does not write them
            raise UnwritableError(f"no library writes {dtype}") from None


def count(shape: tuple[int, ...]) -> int:
    """Return the number of elements."""
    return math.prod(shape)
