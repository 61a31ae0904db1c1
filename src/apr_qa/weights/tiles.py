"""Some rows of a stored tensor as float32: what a pass over a large file decodes at a time.

Every tensor counts as a matrix here: the last axis is the columns, all others are the rows; a vector is one row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from apr_qa.weights.decode import Bytes, Floats, to_float32
from apr_qa.weights.dtypes import APR_Q4_BYTES, APR_Q4_ELEMENTS, APR_Q8_SCALE_BYTES
from apr_qa.weights.record import MalformedWeights, TensorInfo, Weights

TILE_ELEMENTS = 1 << 17
"""Elements decoded at once: 512 kB of float32, which second-level caches hold."""
_HALF = np.uint32(16)


def matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (rows, columns) of a tensor of `shape`."""
    return (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)


def spans(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Yield (first row, row after the last) of tiles of about `TILE_ELEMENTS`, one row at least."""
    step = max(1, TILE_ELEMENTS // max(1, columns))
    for start in range(0, rows, step):
        yield start, min(rows, start + step)


class Tiles:
    """Reads rows of the tensors of one open model; the buffer of BF16 tiles is used again and again."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._last: tuple[str, Bytes] = ("", np.empty(0, dtype=np.uint8))
        self._buffer = np.empty(0, dtype=np.uint32)

    def rows(self, name: str, start: int, stop: int) -> Floats:
        """Return rows `start` to `stop` as (stop - start, columns); good until the next call for this model.

        Raises KeyError, and MalformedWeights for a type whose layout is not known.
        """
        info = self.weights.tensors[name]
        rows, columns = matrix_shape(info.shape)
        try:
            raw = self._raw(name)
            if info.dtype == "apr_q8":
                return _apr_q8(raw, columns, start, stop)
            if info.dtype == "apr_q4":
                return _apr_q4(raw, columns, start, stop)
            size = info.size_bytes // max(1, rows)
            return self._decode(raw[start * size : stop * size], info, stop - start)
        except ValueError as error:
            raise MalformedWeights(info.file, f"tensor {name!r}", str(error)) from error

    def chosen(self, name: str, rows: Floats | np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """Return the rows of the given numbers, in their order, as a copy. Raises as `rows`."""
        info = self.weights.tensors[name]
        count, columns = matrix_shape(info.shape)
        if info.dtype.startswith("apr_"):
            return np.concatenate([self.rows(name, int(r), int(r) + 1) for r in rows])
        raw = self.weights.raw(name).reshape(count, -1)[rows]
        try:
            return to_float32(raw.reshape(-1), info.dtype, (len(rows), columns))
        except ValueError as error:
            raise MalformedWeights(info.file, f"tensor {name!r}", str(error)) from error

    def _raw(self, name: str) -> Bytes:
        if self._last[0] != name:
            self._last = (name, self.weights.raw(name))
        return self._last[1]

    def _decode(self, raw: Bytes, info: TensorInfo, rows: int) -> Floats:
        shape = (rows, matrix_shape(info.shape)[1])
        if info.dtype == "f32":
            return raw.view("<f4").reshape(shape)
        if info.dtype != "bf16":
            return to_float32(raw, info.dtype, shape)
        halves = raw.view("<u2")
        if self._buffer.size < halves.size:
            self._buffer = np.empty(halves.size, dtype=np.uint32)
        words = self._buffer[: halves.size]
        np.copyto(words, halves)
        np.left_shift(words, _HALF, out=words)
        return words.view(np.float32).reshape(shape)


def _apr_q8(raw: Bytes, columns: int, start: int, stop: int) -> Floats:
    scale = raw[:APR_Q8_SCALE_BYTES].copy().view("<f4")[0]
    part = raw[APR_Q8_SCALE_BYTES + start * columns : APR_Q8_SCALE_BYTES + stop * columns]
    values: Floats = part.view(np.int8).astype(np.float32) * np.float32(scale)
    return values.reshape(stop - start, columns)


def _apr_q4(raw: Bytes, columns: int, start: int, stop: int) -> Floats:
    """Blocks run over the elements whatever the rows; decode those that the rows touch, and cut."""
    first, last = start * columns // APR_Q4_ELEMENTS, -(-stop * columns // APR_Q4_ELEMENTS)
    part = raw[first * APR_Q4_BYTES : last * APR_Q4_BYTES]
    values = to_float32(part, "apr_q4", ((last - first) * APR_Q4_ELEMENTS,))
    begin = start * columns - first * APR_Q4_ELEMENTS
    return values[begin : begin + (stop - start) * columns].reshape(stop - start, columns)
