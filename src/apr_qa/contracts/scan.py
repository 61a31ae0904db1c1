"""One pass over one tensor: everything that can be known of its values without another file.

Measured per tile of 512 kB of float32: two small matrix products and one square cost less than reading the file twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from apr_qa.weights.decode import Floats
from apr_qa.weights.tiles import Tiles, matrix_shape, spans

SKETCHES = 7
"""Random +-1 projections of a tensor; with the plain sum they fill one 8-column matrix product."""
Numbers = npt.NDArray[np.float64]
_NEGATIVE = 0x8000
_REMEMBERED_BYTES = 8 << 20
"""Pages of the file that are kept in this process's memory."""
_COUNTED = {"bf16": (0x7F80, 0xFF80), "f16": (0x7C00, 0xFC00)}
"""16-bit floats sort as integers: from the largest bit patterns come the extrema, and whether they are finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The +-1 vectors of the sketches, by row and by column of the matrix; the first column of each is all ones."""

    rows: Floats
    """(rows, 1 + SKETCHES)"""
    columns: Floats


def signs(rows: int, columns: int) -> Signs:
    """Return the signs for a matrix of that many rows and columns: the same ones on every machine."""
    return Signs(rows=_signs(rows, 1), columns=_signs(columns, 2))


def _signs(count: int, stream: int) -> Floats:
    """PCG64 is a fixed algorithm; its raw bits do not change between versions of NumPy."""
    bits = np.random.PCG64([20_261_125, stream]).random_raw((count * SKETCHES + 63) // 64)
    drawn = np.unpackbits(np.asarray(bits, dtype="<u8").view(np.uint8))[: count * SKETCHES]
    found = np.ones((count, 1 + SKETCHES), dtype=np.float32)
    found[:, 1:] = drawn.reshape(count, SKETCHES).astype(np.float32) * 2 - 1
    return found


def projection(columns: int) -> Floats:
    """Return +-1 vectors that tell the rows of a matrix of so many columns apart: (columns, 15)."""
    return np.hstack([_signs(columns, 2), _signs(columns, 3)[:, 1:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What one pass finds. Sums over finite values; a tensor with others says how many in `nonfinite`."""

    count: int
    nonfinite: int
    mean: float
    std: float
    low: float
    high: float
    row_squares: Numbers
    """Sum of squares of each row."""
    column_squares: Numbers
    sketches: Numbers
    """(SKETCHES,) sums of the elements, each times the sign of its row and of its column."""
    digest: str = ""
    """Of the stored bytes, when asked for."""

    @property
    def norm(self) -> float:
        """Euclidean norm of all values."""
        return float(np.sqrt(self.row_squares.sum()))


class Hasher(Protocol):
    """A hash of `hashlib` or of blake3."""

    def update(self, data: memoryview, /) -> object:
        """Take the next bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes."""


def scan(tiles: Tiles, name: str, with_signs: Signs | None = None, *, hasher: Hasher | None = None) -> Statistics:
    """Return the statistics of tensor `name`; a fresh `hasher` takes the stored bytes while they are in the cache.

    Raises KeyError, and MalformedWeights for a type whose layout is not known.
    """
    info = tiles.weights.tensors[name]
    rows, columns = matrix_shape(info.shape)
    raw = tiles.weights.raw(name)
    tally = _Tally(rows, columns, with_signs or signs(rows, columns))
    bits = _Bits(raw, info.dtype)
    done = 0
    with np.errstate(all="ignore"):
        for start, stop in _spans(tiles, name):
            tally.add(start, tiles.rows(name, start, stop))
            bits.add(start * columns, stop * columns)
            upto = info.size_bytes * stop // rows
            if hasher:
                hasher.update(raw[done:upto].data)
            done = upto
        ends = bits.ends() or _ends(tiles, name)
    return tally.result(ends, hasher.hexdigest() if hasher else "")


def _spans(tiles: Tiles, name: str) -> Iterator[tuple[int, int]]:
    """Yield the tiles of a tensor, giving back the pages of those that are done."""
    info = tiles.weights.tensors[name]
    rows, columns = matrix_shape(info.shape)
    held = 0
    for start, stop in spans(rows, columns):
        yield start, stop
        held += (stop - start) * info.size_bytes // rows
        if held > _REMEMBERED_BYTES:
            tiles.weights.forget()
            held = 0


class _Bits:
    """The extrema of 16-bit floats, read off their bits.

    As signed integers the positive ones sort, as unsigned integers the negative ones.
    """

    def __init__(self, raw: npt.NDArray[np.uint8], dtype: str) -> None:
        self.dtype = dtype if dtype in _COUNTED else ""
        self.unsigned = raw.view("<u2") if self.dtype else np.empty(0, dtype="<u2")
        self.signed = self.unsigned.view("<i2")
        self.greatest = self.least = -1

    def add(self, start: int, stop: int) -> None:
        """Look at the elements from `start` to `stop`."""
        if self.dtype and stop > start:
            self.greatest = max(self.greatest, int(self.signed[start:stop].max()))
            self.least = max(self.least, int(self.unsigned[start:stop].max()))

    def ends(self) -> tuple[float, float] | None:
        """Return the extrema; None without both signs, or with values that are not finite."""
        if not self.dtype or self.greatest < 0 or self.least < _NEGATIVE:
            return None
        infinite, minus_infinite = _COUNTED[self.dtype]
        if self.greatest >= infinite or self.least >= minus_infinite:
            return None
        words = np.array([self.least, self.greatest], dtype="<u2")
        low, high = words.view("<f2") if self.dtype == "f16" else (words.astype("<u4") << np.uint32(16)).view("<f4")
        return float(low), float(high)


def _ends(tiles: Tiles, name: str) -> tuple[float, float]:
    """Return the extrema of the finite values, the plain way."""
    low, high = np.inf, -np.inf
    for start, stop in _spans(tiles, name):
        values = tiles.rows(name, start, stop)
        low, high = min(low, float(values.min(initial=np.inf))), max(high, float(values.max(initial=-np.inf)))
        if not np.isfinite(low + high):
            finite = values[np.isfinite(values)]
            low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    return low, high


class _Tally:
    """Buffers and sums of a pass over one tensor."""

    def __init__(self, rows: int, columns: int, with_signs: Signs) -> None:
        self.signs = with_signs
        self.columns = columns
        self.row_squares = np.zeros(rows)
        self.column_squares = np.zeros(columns)
        self.sums = np.zeros(1 + SKETCHES)
        self._down = np.empty(0, dtype=np.float32)
        self.count = self.nonfinite = 0
        self.ones = np.ones(columns, dtype=np.float32)
        self._squares = np.empty(0, dtype=np.float32)

    def add(self, start: int, values: Floats) -> None:
        """Add the rows from `start` on."""
        count = len(values)
        if self._squares.size < values.size:
            self._squares = np.empty(values.size, dtype=np.float32)
        squares = np.multiply(values, values, out=self._squares[: values.size].reshape(values.shape))
        row_squares = np.dot(squares, self.ones)
        if not np.isfinite(row_squares.sum()):
            values = self._cleared(values)
            squares = np.square(values, dtype=np.float64)
            row_squares = squares.sum(axis=1)
        self.row_squares[start : start + count] = row_squares
        self.column_squares += squares.sum(axis=0) if count == 1 else np.dot(self.ones_down(count), squares)
        projected = np.dot(values, self.signs.columns)
        projected *= self.signs.rows[start : start + count]
        self.sums += projected.sum(axis=0, dtype=np.float64)
        self.count += values.size

    def ones_down(self, count: int) -> Floats:
        """Return `count` ones, the same array while tiles have equal heights."""
        if len(self._down) != count:
            self._down = np.ones(count, dtype=np.float32)
        return self._down

    def _cleared(self, values: Floats) -> Floats:
        finite = np.isfinite(values)
        self.nonfinite += int(values.size - np.count_nonzero(finite))
        return np.where(finite, values, np.float32(0))

    def result(self, ends: tuple[float, float], digest: str) -> Statistics:
        count = max(1, self.count)
        mean = float(self.sums[0]) / count
        return Statistics(
            count=self.count,
            nonfinite=self.nonfinite,
            mean=mean,
            std=float(np.sqrt(max(0.0, float(self.row_squares.sum()) / count - mean * mean))),
            low=ends[0] if np.isfinite(ends[0]) else 0.0,
            high=ends[1] if np.isfinite(ends[1]) else 0.0,
            row_squares=self.row_squares,
            column_squares=self.column_squares,
            sketches=self.sums[1:],
            digest=digest,
        )
