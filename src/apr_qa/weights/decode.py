"""Stored bytes to float32, one tensor at a time."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from apr_qa.weights.dtypes import APR_Q4_BYTES, APR_Q4_ELEMENTS, APR_Q8_SCALE_BYTES, BLOCKS

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_PLAIN = {
    "bool": "?",
    "u8": "<u1",
    "i8": "<i1",
    "u16": "<u2",
    "i16": "<i2",
    "u32": "<u4",
    "i32": "<i4",
    "u64": "<u8",
    "i64": "<i8",
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
}
_UNREADABLE = frozenset({"c64", "f4", "f6_e2m3", "f6_e3m2", "f8_e8m0"})
"""Known by size only: no text model stores its weights in them without further scales."""


def to_float32(raw: Bytes, dtype: str, shape: tuple[int, ...]) -> Floats:
    """Return `raw` as float32 in `shape` (row-major), always a copy. Raises ValueError for a type we do not decode."""
    if dtype in _UNREADABLE:
        raise ValueError(f"values of type {dtype} cannot be read as numbers")
    if dtype in _PLAIN:
        return raw.view(_PLAIN[dtype]).astype(np.float32).reshape(shape)
    if dtype == "bf16":
        return (raw.view("<u2").astype(np.uint32) << np.uint32(16)).view(np.float32).reshape(shape)
    if dtype in ("f8_e4m3", "f8_e5m2"):
        return _float8_table(dtype)[raw].reshape(shape)
    if dtype == "apr_q4":
        return _apr_q4(raw, shape)
    if dtype == "apr_q8":
        return _apr_q8(raw, shape)
    return _ggml(raw, dtype, shape)


def _float8_table(dtype: str) -> Floats:
    """Return the value of each of the 256 codes."""
    exponent_bits, mantissa_bits, bias = (4, 3, 7) if dtype == "f8_e4m3" else (5, 2, 15)
    codes = np.arange(256)
    exponent = (codes >> mantissa_bits) & ((1 << exponent_bits) - 1)
    mantissa = (codes & ((1 << mantissa_bits) - 1)) / (1 << mantissa_bits)
    value = np.where(exponent == 0, np.ldexp(mantissa, 1 - bias), np.ldexp(1 + mantissa, exponent - bias))
    if dtype == "f8_e4m3":  # one NaN, no infinity
        value[(codes & 0x7F) == 0x7F] = np.nan
    else:
        value[exponent == 31] = np.where(mantissa[exponent == 31] == 0, np.inf, np.nan)
    return np.where(codes & 0x80, -value, value).astype(np.float32)


def _apr_q4(raw: Bytes, shape: tuple[int, ...]) -> Floats:
    blocks = raw.reshape(-1, APR_Q4_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    nibbles = np.empty((len(blocks), APR_Q4_ELEMENTS), dtype=np.float32)
    nibbles[:, 0::2] = packed & 0x0F
    nibbles[:, 1::2] = packed >> 4
    values = ((nibbles - 8.0) * scales).reshape(-1)
    flat: Floats = values[: math.prod(shape)]
    return flat.reshape(shape)


def _apr_q8(raw: Bytes, shape: tuple[int, ...]) -> Floats:
    scale = raw[:APR_Q8_SCALE_BYTES].copy().view("<f4")[0]
    values: Floats = raw[APR_Q8_SCALE_BYTES:].view(np.int8).astype(np.float32) * np.float32(scale)
    return values.reshape(shape)


def _ggml(raw: Bytes, dtype: str, shape: tuple[int, ...]) -> Floats:
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    kind = GGMLQuantizationType[dtype.upper()]
    block, size = BLOCKS[dtype]
    columns = shape[-1]
    stored_blocks = -(-columns // block)  # APR pads each row to whole blocks; GGUF rows are whole already
    rows = raw.reshape(-1, stored_blocks * size)
    try:
        values: Floats = dequantize(rows, kind)
    except NotImplementedError as error:
        raise ValueError(f"no dequantisation is known for {dtype}") from error
    return np.ascontiguousarray(values[:, :columns], dtype=np.float32).reshape(shape)
