"""I-3: each tensor's type against the declared scheme; nothing falls back silently, and never to F32 by default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apr_qa.contracts.mapping import Pair
from apr_qa.weights import Header
from apr_qa.weights.dtypes import BLOCKS

FILE_TYPES = {0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 7: "q8_0", 8: "q5_0", 9: "q5_1", 10: "q2_k", 32: "bf16"}
FILE_TYPES |= {11: "q3_k", 12: "q3_k", 13: "q3_k", 14: "q4_k", 15: "q4_k", 16: "q5_k", 17: "q5_k", 18: "q6_k"}
"""`general.file_type` of GGUF to the type that gives it its name (llama.h, LLAMA_FTYPE_*)."""
FULL = ("f32", "f16", "bf16", "f64")
_SPELLINGS = {"fp16": "f16", "float16": "f16", "fp32": "f32", "float32": "f32", "bfloat16": "bf16"}
_SPELLINGS |= {"int8": "apr_q8", "q8": "apr_q8", "int4": "apr_q4", "q4": "apr_q4"}
_KEPT_WIDE = ("router", "shared_router", "position_embedding", "position_embeddings", "token_type_embeddings")
"""Small matrices that llama.cpp's quantiser leaves alone."""
_OUTER = ("embedding", "lm_head", "embed_tokens")
"""Matrices that schemes keep at more bits than the layers."""
_SUPERBLOCK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Misstored:
    """A tensor whose type the scheme does not allow."""

    tensor: str
    dtype: str
    says: str


def scheme(label: str) -> str:
    """Return the type that a label names: `Q4_K_M` is q4_k, `fp16` is f16; empty when it names none."""
    name = label.strip().lower().replace("-", "_")
    name = _SPELLINGS.get(name, name)
    for ending in ("", "_s", "_m", "_l", "_xl"):
        stem = name.removesuffix(ending) if ending else name
        if stem in BLOCKS or stem in ("apr_q4", "apr_q8"):
            return stem
    return {"q4k": "q4_k", "q6k": "q6_k", "q5k": "q5_k"}.get(name, "")


def stated(header: Header) -> str:
    """Return the type that the file itself declares; empty when it declares none."""
    number = header.metadata.get("general.file_type")
    if isinstance(number, int):
        return FILE_TYPES.get(number, "")
    for key in ("quantization", "quantization_type", "quantized"):
        label = header.metadata.get(key)
        if isinstance(label, str) and scheme(label):
            return scheme(label)
    return ""


def misstored(declared: str, pairs: Sequence[Pair], truth: Header, other: Header) -> Iterator[Misstored]:
    """Yield the matrices whose type is not what `declared` allows; with nothing declared, the truth's own type."""
    for pair in pairs:
        info = other.tensors[pair.name]
        if len(info.shape) < 2 or pair.role in _KEPT_WIDE:
            continue
        wanted = declared or truth.tensors[pair.made.sources[0]].dtype
        fault = _fault(wanted, info.dtype, pair.role in _OUTER, info.shape[-1])
        if fault:
            source = "is declared" if declared else "is what ground truth has, and nothing else is declared"
            yield Misstored(tensor=pair.name, dtype=info.dtype, says=f"is {info.dtype}: {fault}; {wanted} {source}")


def _fault(wanted: str, found: str, outer: bool, columns: int) -> str:
    if found == wanted or (outer and wanted not in FULL and found in ("f16", "bf16")):
        return ""
    if wanted in FULL:
        return "F32 by default" if found == "f32" else "another type" if found in FULL else "quantised unasked"
    if found in FULL:
        return "not quantised"
    if _bits(found) < _bits(wanted) and not (columns % _SUPERBLOCK and wanted.endswith("_k")):
        return "fewer bits"
    return ""


def _bits(dtype: str) -> float:
    """Bits a value, scales included."""
    if dtype.startswith("apr_"):
        return 4.5 if dtype == "apr_q4" else 8.0
    elements, size = BLOCKS[dtype]
    return 8 * size / elements
