"""Conversions of the tiny models without a fault: any seed, any type, written as the real converters write them.

Numbers are packed by llama.cpp's own quantiser (`ggml_quantize_chunk` of the `xllamacpp` wheel), which also writes the
K-types that the `gguf` library only reads. APR's two types are packed here, each value to the nearest one.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

from apr_qa.weights import open_weights

Floats = npt.NDArray[np.float32]
Tensors = dict[str, Floats]
Change = Callable[[Tensors], object]
"""Changes tensors in place, under their Hugging Face names, before they are packed: how a fault is planted."""

_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_TOP = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_NARROW = {"q4_k": "q5_0", "q5_k": "q5_1", "q6_k": "q8_0"}
"""What llama.cpp takes for rows that do not fill a block of 256."""
_FILE_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 7, "q4_k": 15, "q5_k": 17, "q6_k": 18, "bf16": 32}
_APR_CODES = {"f32": 0, "bf16": 30, "apr_q4": 128, "apr_q8": 129}


def tensors_of(folder: Path) -> Tensors:
    """Return all tensors of a SafeTensors folder."""
    with open_weights(folder) as weights:
        return {name: weights.read(name) for name in weights.tensors}


def bf16(values: Floats) -> npt.NDArray[np.uint16]:
    """Return the upper halves of float32 values, rounded to the nearest."""
    bits = values.astype("<f4").view("<u4")
    halves: npt.NDArray[np.uint16] = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
    return halves


def perturbed(folder: Path, out: Path, seed: int, share: float = 0.01) -> Path:
    """Write a copy of a model whose every weight is changed by about `share` of itself: another ground truth."""
    chance = np.random.default_rng(seed)
    found = {n: v * (1 + share * chance.standard_normal(v.shape, np.float32)) for n, v in tensors_of(folder).items()}
    return write_folder(folder, out, found)


def write_folder(folder: Path, out: Path, tensors: Mapping[str, Floats]) -> Path:
    """Write `tensors` as BF16 beside copies of the small files of `folder`."""
    out.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if "safetensors" not in file.name:
            shutil.copyfile(file, out / file.name)
    header: dict[str, object] = {}
    data = b""
    for name, values in tensors.items():
        raw = bf16(values).tobytes()
        header[name] = {"dtype": "BF16", "shape": values.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (out / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    return out


def to_gguf(folder: Path, like: Path, out: Path, dtype: str, change: Change | None = None) -> Path:
    """Write the SafeTensors model of `folder` as GGUF, matrices as `dtype`; keys are those of the GGUF file `like`."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    found = tensors_of(folder)
    if change:
        change(found)
    writer = gguf.GGUFWriter(out, config["model_type"])
    _copy_keys(writer, gguf.GGUFReader(like), _FILE_TYPES[dtype])
    for name, values in found.items():
        stem, _, kind = name.rpartition(".")
        target = _target(stem)
        part = target.rpartition(".")[2]
        if config["model_type"] == "llama" and part in heads:
            values = permuted(values, heads[part])
        stored, raw = pack(values, dtype if values.ndim > 1 else "f32")
        writer.add_tensor(f"{target}.{kind}", raw, raw_dtype=gguf.GGMLQuantizationType[stored.upper()])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _target(stem: str) -> str:
    if not stem.startswith("model.layers."):
        return _TOP[stem]
    layer, _, part = stem.removeprefix("model.layers.").partition(".")
    return f"blk.{layer}.{_PARTS[part]}"


def permuted(values: Floats, heads: int) -> Floats:
    """Return the rows of q or k as ggml's rope of llama models wants them."""
    return np.ascontiguousarray(values.reshape(heads, 2, -1, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape))


def _copy_keys(writer: gguf.GGUFWriter, like: gguf.GGUFReader, file_type: int) -> None:
    for field in like.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = file_type if field.name == "general.file_type" else field.contents()
        inner = field.types[1] if len(field.types) > 1 else None
        writer.add_key_value(field.name, value, field.types[0], inner)


def pack(values: Floats, dtype: str) -> tuple[str, npt.NDArray[np.generic]]:
    """Return the type that llama.cpp stores `values` [rows, columns] in when `dtype` is asked for, and the bytes."""
    if dtype == "f32":
        return dtype, values.astype(np.float32)
    if dtype == "f16":
        return dtype, values.astype(np.float16)
    if dtype == "bf16":
        return dtype, bf16(values).view(np.uint8).reshape(len(values), -1)
    kind = gguf.GGMLQuantizationType[dtype.upper()]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    if values.shape[1] % block:
        return pack(values, _NARROW[dtype])
    rows, columns = values.shape
    raw = np.zeros((rows, columns // block * size), dtype=np.uint8)
    source = np.ascontiguousarray(values, dtype=np.float32)
    _quantiser()(int(kind), source.ctypes.data, raw.ctypes.data, 0, rows, columns, None)
    return dtype, raw


def _quantiser() -> Callable[..., int]:
    import xllamacpp.xllamacpp as wheel

    found = ctypes.CDLL(wheel.__file__).ggml_quantize_chunk
    found.restype = ctypes.c_size_t
    found.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    return found


def to_apr(folder: Path, like: Path, out: Path, dtype: str, change: Change | None = None, **meta: object) -> Path:
    """Write the model of `folder` as APR v2, matrices as `dtype`; metadata are those of `like`, but for `meta`."""
    found = tensors_of(folder)
    if change:
        change(found)
    with open_weights(like) as weights:
        metadata = json.dumps({**weights.metadata, **meta}).encode()
    index, data = b"", b""
    for name, values in found.items():
        stored = dtype if values.ndim > 1 else "f32"
        raw = _apr_bytes(values, stored)
        title = name.encode()
        index += struct.pack("<H", len(title)) + title + struct.pack("<BB", _APR_CODES[stored], values.ndim)
        index += struct.pack(f"<{values.ndim}QQQ", *values.shape, len(data), len(raw))
        data += raw + bytes(-len(raw) % 64)
    index_at = 64 + len(metadata) + (-len(metadata) % 64)
    data_at = index_at + len(index) + (-len(index) % 64)
    head = b"APR\0" + struct.pack("<BBHIQIQQ", 2, 0, 1024, len(found), 64, len(metadata), index_at, data_at)
    head += struct.pack("<I", zlib.crc32(head + bytes(20))) + bytes(20)
    body = (head + metadata).ljust(index_at, b"\0") + index
    body = body.ljust(data_at, b"\0") + data
    out.write_bytes(body + struct.pack("<I", zlib.crc32(body)))
    return out


def _apr_bytes(values: Floats, dtype: str) -> bytes:
    if dtype == "f32":
        return values.astype("<f4").tobytes()
    if dtype == "bf16":
        return bf16(values).tobytes()
    flat = values.reshape(-1)
    if dtype == "apr_q8":
        scale = np.float32(np.abs(flat).max() / 127)
        return struct.pack("<f", scale) + np.rint(flat / scale).astype(np.int8).tobytes()
    blocks = np.pad(flat, (0, -len(flat) % 32)).reshape(-1, 32)
    scales = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype(np.float16)
    steps = np.rint(blocks / np.where(scales == 0, 1, scales).astype(np.float32)).clip(-8, 7).astype(np.int8) + 8
    nibbles = (steps[:, 0::2] | (steps[:, 1::2] << 4)).astype(np.uint8)
    return bytes(np.concatenate([scales.view(np.uint8), nibbles], axis=1).tobytes())
