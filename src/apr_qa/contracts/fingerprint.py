"""A portable fingerprint of ground truth: enough to refute a converted file without the SafeTensors files.

For each tensor it keeps a few random +-1 sketches, the extrema, and pooled row and column norms, in about a thousandth
of the model's size. A row permutation, a swapped tensor or a scaled block changes them; one flipped sign does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from apr_qa.contracts.envelopes import envelope_for
from apr_qa.contracts.mapping import Correspondence, Known, Pair, correspond
from apr_qa.contracts.scan import SKETCHES, Numbers, Signs, scan, signs
from apr_qa.weights import Header, TensorInfo, Weights
from apr_qa.weights.tiles import Tiles, matrix_shape, spans

VERSION = 1
SHARE = 0.001
"""Of a tensor's bytes, for its norms, sketches and extrema."""
_FIXED = SKETCHES + 3
_FLOAT_BYTES = 4
_POOLS_LIMIT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """The fingerprint of one tensor."""

    shape: tuple[int, ...]
    dtype: str
    norm: float
    low: float
    high: float
    sketches: Numbers
    row_norms: Numbers
    """Norms of the pools of rows; row r lies in pool `pool(r)`."""
    column_norms: Numbers


Fingerprint = Mapping[str, Print]


def pools_of(info: TensorInfo) -> int:
    """Return how many pools of rows, and as many of columns, fit the share of the tensor's bytes."""
    left = int(info.size_bytes * SHARE) // _FLOAT_BYTES - _FIXED
    return max(0, min(left // 2, _POOLS_LIMIT, *matrix_shape(info.shape)))


def pool(count: int, pools: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the pool of each of `count` rows: scattered, so that neighbours and heads fall into different ones."""
    mixed = (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E37_79B9_7F4A_7C15)
    return ((mixed >> np.uint64(33)) % np.uint64(max(1, pools))).astype(np.int64)


def take(weights: Weights) -> Fingerprint:
    """Return the fingerprint of every tensor of an open model."""
    tiles = Tiles(weights)
    found: dict[str, Print] = {}
    for name, info in weights.tensors.items():
        rows, columns = matrix_shape(info.shape)
        seen = scan(tiles, name, signs(rows, columns))
        pools = pools_of(info)
        found[name] = Print(
            shape=info.shape,
            dtype=info.dtype,
            norm=seen.norm,
            low=seen.low,
            high=seen.high,
            sketches=seen.sketches,
            row_norms=_pooled(seen.row_squares, pools),
            column_norms=_pooled(seen.column_squares, pools),
        )
    return found


def _pooled(squares: Numbers, pools: int) -> Numbers:
    if not pools:
        return np.empty(0)
    return np.sqrt(np.bincount(pool(len(squares), pools), weights=squares, minlength=pools))


def write(fingerprint: Fingerprint, file: Path) -> None:
    """Write a fingerprint as a compressed `.npz` file: one array of float32 and an index."""
    index = [[name, list(p.shape), p.dtype, len(p.row_norms)] for name, p in fingerprint.items()]
    parts = [_packed(p) for p in fingerprint.values()]
    text = json.dumps({"version": VERSION, "tensors": index}, separators=(",", ":")).encode()
    with file.open("wb") as stream:
        np.savez_compressed(
            stream, index=np.frombuffer(text, dtype=np.uint8), values=np.concatenate(parts).astype(np.float32)
        )


def _packed(p: Print) -> Numbers:
    return np.concatenate([[p.norm, p.low, p.high], p.sketches, p.row_norms, p.column_norms])


def read(file: Path) -> Fingerprint:
    """Return the fingerprint in `file`. Raises ValueError when it is none, or of another version."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            index, values = json.loads(stored["index"].tobytes()), stored["values"].astype(np.float64)
        if index["version"] != VERSION:
            raise ValueError(f"version {index['version']} is not {VERSION}")
        return _unpacked(index["tensors"], values)
    except (KeyError, TypeError, OSError, EOFError, BadZipFile) as error:
        raise ValueError(f"{file.name} is no fingerprint: {error}") from error


def _unpacked(index: Sequence[Any], values: Numbers) -> Fingerprint:
    found: dict[str, Print] = {}
    place = 0
    for name, shape, dtype, pools in index:
        end = place + _FIXED + 2 * pools
        own = values[place:end]
        if len(own) != end - place:
            raise ValueError("the fingerprint is cut short")
        found[name] = Print(
            shape=tuple(shape),
            dtype=dtype,
            norm=float(own[0]),
            low=float(own[1]),
            high=float(own[2]),
            sketches=own[3:_FIXED],
            row_norms=own[_FIXED : _FIXED + pools],
            column_norms=own[_FIXED + pools :],
        )
        place = end
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How far what stands for one ground-truth tensor is from its fingerprint; relative."""

    tensor: str
    """Of the ground truth."""
    stored_in: tuple[str, ...]
    norms: float
    sketches: float
    fits: bool


def as_header(fingerprint: Fingerprint) -> Header:
    """Return the header that the ground truth had, as far as a correspondence needs it."""
    tensors = {
        name: TensorInfo(name=name, dtype=p.dtype, shape=p.shape, offset=0, size_bytes=1, file=Path())
        for name, p in fingerprint.items()
    }
    return Header(format="safetensors", files=(), metadata={}, tensors=tensors)


def verify(fingerprint: Fingerprint, other: Weights, model: Known) -> tuple[Correspondence, tuple[Deviation, ...]]:
    """Hold an open GGUF or APR file against the fingerprint of its ground truth.

    Tensors that are turned round in blocks (latent attention) are left out.
    Raises CannotApplyError and MalformedWeights.
    """
    mapped = correspond(model, as_header(fingerprint), other.header)
    tiles = Tiles(other)
    holders: dict[str, list[Pair]] = {}
    for pair in mapped.pairs:
        for source in pair.made.sources:
            holders.setdefault(source, []).append(pair)
    whole = {source: pairs for source, pairs in holders.items() if all(p.made.transposed <= 1 for p in pairs)}
    return mapped, tuple(_deviation(fingerprint[s], s, pairs, tiles) for s, pairs in whole.items())


def _deviation(true: Print, source: str, pairs: Sequence[Pair], tiles: Tiles) -> Deviation:
    if len(pairs) > 1 and all(p.made.rows is None for p in pairs):  # a tied head stored again: the first speaks
        pairs = pairs[:1]
    rows, columns = matrix_shape(true.shape)
    given = signs(rows, columns)
    sketches, row_squares, column_squares = np.zeros(SKETCHES), np.zeros(rows), np.zeros(columns)
    for pair in pairs:
        _add(pair, source, given, tiles, (sketches, row_squares, column_squares))
    scale = max(true.norm, 1e-30)
    pools = len(true.row_norms)
    # Relative to what a pool holds on average: the quiet ones beside a loud one are rounded coarsely, and rightly so.
    unit = scale / np.sqrt(max(1, pools))
    differences = np.concatenate(
        [
            (_pooled(row_squares, pools) - true.row_norms) / unit,
            (_pooled(column_squares, pools) - true.column_norms) / unit,
            [(float(np.sqrt(row_squares.sum())) - true.norm) / scale],
        ]
    )
    norms, sketched = float(np.abs(differences).max()), float(np.abs(sketches - true.sketches).max() / scale)
    allowed = [envelope_for(tiles.weights.tensors[p.name].dtype, true.dtype) for p in pairs]
    fits = all(e is None or (norms <= e.norm and sketched <= e.sketch) for e in allowed)
    return Deviation(
        tensor=source, stored_in=tuple(p.name for p in pairs), norms=norms, sketches=sketched, fits=bool(fits)
    )


def _add(pair: Pair, source: str, given: Signs, tiles: Tiles, sums: tuple[Numbers, Numbers, Numbers]) -> None:
    """Add what one stored tensor holds of `source`, put back into the order of the ground truth."""
    sketches, row_squares, column_squares = sums
    made, each = pair.made, len(given.rows)
    shift = np.float32(made.shift)
    before = made.sources.index(source) * each
    vector = len(made.shape) < 2
    for start, stop in spans(*matrix_shape(made.shape)):
        values = np.array(tiles.rows(pair.name, start, stop)) - shift
        if made.transposed:
            lying = np.arange(start, stop)
            values, row_signs, column_signs = values.T, given.rows, given.columns[lying]
            row_squares += np.square(values, dtype=np.float64).sum(axis=1)
            column_squares[lying] += np.square(values, dtype=np.float64).sum(axis=0)
        elif vector:
            lying = np.arange(made.shape[0]) if made.rows is None else made.rows
            row_signs, column_signs = given.rows, given.columns[lying]
            row_squares += np.square(values, dtype=np.float64).sum(axis=1)
            column_squares[lying] += np.square(values[0], dtype=np.float64)
        else:
            lying = (np.arange(start, stop) if made.rows is None else made.rows[start:stop]) - before
            own = (lying >= 0) & (lying < each)
            values, lying = values[own], lying[own]
            row_signs, column_signs = given.rows[lying], given.columns
            row_squares[lying] += np.square(values, dtype=np.float64).sum(axis=1)
            column_squares += np.square(values, dtype=np.float64).sum(axis=0)
        sketches += np.einsum("ik,ik->k", values @ column_signs[:, 1:], row_signs[:, 1:])


def tensors_of(deviations: Sequence[Deviation]) -> Iterator[str]:
    """Yield the ground-truth tensors that do not fit, the worst first."""
    worst = sorted((d for d in deviations if not d.fits), key=lambda d: -max(d.norms, d.sketches))
    yield from (d.tensor for d in worst)
