"""How a tensor of another file is made of ground-truth tensors: declared transforms, and the faulty ones tried later.

Nearly every transform moves whole rows, so a recipe is a list of source rows; tiles of it are read without the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from apr_qa.vocab.families import Op
from apr_qa.weights.decode import Floats
from apr_qa.weights.tiles import Tiles, matrix_shape

Rows = npt.NDArray[np.int64]


class CannotApplyError(Exception):
    """A transform that does not fit the shape or the declared numbers; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A matrix made of ground truth: sources joined along rows, rows chosen, parts transposed, `* scale + shift`."""

    sources: tuple[str, ...]
    shape: tuple[int, ...]
    """Of the result, row-major."""
    rows: Rows | None = None
    """Row i of the result is row `rows[i]` of the joined sources; None: the same order."""
    transposed: int = 0
    """The result is cut from so many equal blocks of rows, each transposed; 0: not at all."""
    shift: float = 0.0
    scale: float = 1.0


def permuted(rows: int, heads: int) -> Rows:
    """Return the rows for readers that rotate adjacent pairs: in each head row 2j + a comes from row j of half a."""
    if heads < 1 or rows % (2 * heads):
        raise CannotApplyError(f"{rows} rows do not make {heads} heads of an even width")
    return np.arange(rows).reshape(heads, 2, rows // heads // 2).swapaxes(1, 2).reshape(-1)


def grouped(rows: int, numbers: Mapping[str, Any], part: str) -> Rows:
    """Return the q, k or v rows of a matrix whose rows lie per key-value group as q heads, k, v."""
    heads, groups = whole(numbers, "num_attention_heads"), whole(numbers, "num_key_value_heads")
    each = heads // groups
    if heads % groups or rows % (groups * (each + 2)):
        raise CannotApplyError(f"{rows} rows do not make {groups} groups of {each} query heads, a key and a value")
    lying = np.arange(rows).reshape(groups, each + 2, -1)
    chosen = {"q": lying[:, :each], "k": lying[:, each : each + 1], "v": lying[:, each + 1 :]}[part]
    return chosen.reshape(-1)


def whole(numbers: Mapping[str, Any], name: str) -> int:
    """Return a declared number of at least 1. Raises CannotApplyError."""
    value = numbers.get(name)
    if type(value) is not int or value < 1:
        raise CannotApplyError(f"{name} is not declared as a whole number above zero")
    return value


def recipe(sources: Sequence[str], shape: tuple[int, ...], ops: Sequence[Op], numbers: Mapping[str, Any]) -> Recipe:
    """Return what `ops` make of ground-truth tensors that all have `shape`. Raises CannotApplyError."""
    result = Recipe(sources=tuple(sources), shape=shape)
    for op in ops:
        result = _STEPS[op](result, numbers)
    return result


def with_rows(before: Recipe, rows: Rows) -> Recipe:
    """Return the recipe with its rows taken in the order `rows`; a vector's rows are its elements."""
    lying = rows if before.rows is None else before.rows[rows]
    shape = (len(rows), *before.shape[1:]) if len(before.shape) < 3 else before.shape
    return replace(before, rows=lying, shape=shape)


def row_count(made: Recipe) -> int:
    """Return how many rows can be permuted: a vector has one for each element."""
    return made.shape[0] if len(made.shape) < 2 else matrix_shape(made.shape)[0]


def _permute(key: str) -> Any:
    return lambda before, numbers: with_rows(before, permuted(row_count(before), whole(numbers, key)))


def _take(part: str) -> Any:
    return lambda before, numbers: with_rows(before, grouped(row_count(before), numbers, part))


def _regroup(before: Recipe, numbers: Mapping[str, Any]) -> Recipe:
    return with_rows(before, np.concatenate([grouped(row_count(before), numbers, part) for part in "qkv"]))


def _stack(before: Recipe, _numbers: Mapping[str, Any]) -> Recipe:
    return replace(before, shape=(len(before.sources), *before.shape))


def _transpose(before: Recipe, _numbers: Mapping[str, Any]) -> Recipe:
    if len(before.shape) != 2:
        raise CannotApplyError(f"{list(before.shape)} is not a matrix")
    return replace(before, shape=before.shape[::-1], transposed=1)


def _latent(before: Recipe, numbers: Mapping[str, Any], part: str) -> Recipe:
    heads = whole(numbers, "num_attention_heads")
    keys, values = whole(numbers, "qk_nope_head_dim"), whole(numbers, "v_head_dim")
    rows = row_count(before)
    if len(before.shape) != 2 or rows != heads * (keys + values):
        raise CannotApplyError(f"{list(before.shape)} is not {heads} heads of {keys} + {values} rows")
    lying = np.arange(rows).reshape(heads, keys + values)
    rank = before.shape[1]
    if part == "k":
        made = with_rows(before, lying[:, :keys].reshape(-1))
        return replace(made, shape=(heads, rank, keys), transposed=heads)
    return replace(with_rows(before, lying[:, keys:].reshape(-1)), shape=(heads, values, rank))


_STEPS: Mapping[Op, Any] = {
    Op.PERMUTE_Q: _permute("num_attention_heads"),
    Op.PERMUTE_K: _permute("num_key_value_heads"),
    Op.ADD_ONE: lambda before, _numbers: replace(before, shift=before.shift + 1.0),
    Op.TRANSPOSE: _transpose,
    Op.STACK: _stack,
    Op.TAKE_Q: _take("q"),
    Op.TAKE_K: _take("k"),
    Op.TAKE_V: _take("v"),
    Op.TAKE_K_B: lambda before, numbers: _latent(before, numbers, "k"),
    Op.TAKE_V_B: lambda before, numbers: _latent(before, numbers, "v"),
    Op.REGROUP: _regroup,
    Op.CUT_ROWS: lambda before, _numbers: before,
}


class Truth:
    """Reads rows of recipes from the open ground truth."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles = tiles
        self._whole: tuple[object, Floats] | None = None

    def rows(self, made: Recipe, start: int, stop: int) -> Floats:
        """Return rows `start` to `stop` of the result, (stop - start, columns); good until the next call."""
        if made.transposed:
            values = self._turned(made)[start:stop]
        elif len(made.shape) < 2:
            values = self._vector(made)
        else:
            values = self._plain(made, start, stop)
        if made.scale != 1.0:
            values = values * np.float32(made.scale)
        return values + np.float32(made.shift) if made.shift else values

    def chosen(self, made: Recipe, rows: Rows) -> Floats:
        """Return the rows of the given numbers, in their order, as a copy."""
        return np.concatenate([self.rows(made, int(r), int(r) + 1).copy() for r in rows])

    def _vector(self, made: Recipe) -> Floats:
        values = np.concatenate([self.tiles.rows(name, 0, 1).reshape(-1).copy() for name in made.sources])
        return (values if made.rows is None else values[made.rows]).reshape(1, -1)

    def _plain(self, made: Recipe, start: int, stop: int) -> Floats:
        lying = None if made.rows is None else made.rows[start:stop]
        if lying is not None and _is_run(lying):
            start, stop, lying = int(lying[0]), int(lying[-1]) + 1, None
        if len(made.sources) == 1:
            name = made.sources[0]
            return self.tiles.rows(name, start, stop) if lying is None else self.tiles.chosen(name, lying)
        wanted = np.arange(start, stop) if lying is None else lying
        each = matrix_shape(self.tiles.weights.tensors[made.sources[0]].shape)[0]
        parts = np.split(wanted, np.flatnonzero(np.diff(wanted // each)) + 1)
        return np.concatenate([self.tiles.chosen(made.sources[part[0] // each], part % each) for part in parts])

    def _turned(self, made: Recipe) -> Floats:
        """Return the whole result; transposing needs all of it, and it is kept for the next tile."""
        key = (made.sources, made.transposed, None if made.rows is None else made.rows.tobytes())
        if self._whole is None or self._whole[0] != key:
            count = math.prod(made.shape) // matrix_shape(self.tiles.weights.tensors[made.sources[0]].shape)[1]
            plain = self._plain(replace(made, transposed=0), 0, count)
            blocks = plain.reshape(made.transposed, -1, plain.shape[1])
            turned = np.ascontiguousarray(blocks.swapaxes(1, 2)).reshape(matrix_shape(made.shape))
            self._whole = (key, turned)
        return self._whole[1]


def _is_run(rows: Rows) -> bool:
    return len(rows) > 0 and int(rows[-1]) - int(rows[0]) == len(rows) - 1 and bool(np.all(np.diff(rows) == 1))
