"""Element types: how many bytes hold how many elements, per format code. Names are ours, lower case."""

from __future__ import annotations

BLOCKS: dict[str, tuple[int, int]] = {
    "bool": (1, 1),
    "u8": (1, 1),
    "i8": (1, 1),
    "u16": (1, 2),
    "i16": (1, 2),
    "u32": (1, 4),
    "i32": (1, 4),
    "u64": (1, 8),
    "i64": (1, 8),
    "f8_e4m3": (1, 1),
    "f8_e5m2": (1, 1),
    "f8_e8m0": (1, 1),
    "f16": (1, 2),
    "bf16": (1, 2),
    "f32": (1, 4),
    "f64": (1, 8),
    "c64": (1, 8),
    "f4": (2, 1),
    "f6_e2m3": (4, 3),
    "f6_e3m2": (4, 3),
    "q4_0": (32, 18),
    "q4_1": (32, 20),
    "q5_0": (32, 22),
    "q5_1": (32, 24),
    "q8_0": (32, 34),
    "q8_1": (32, 40),
    "q2_k": (256, 84),
    "q3_k": (256, 110),
    "q4_k": (256, 144),
    "q5_k": (256, 176),
    "q6_k": (256, 210),
    "q8_k": (256, 292),
    "iq2_xxs": (256, 66),
    "iq2_xs": (256, 74),
    "iq3_xxs": (256, 98),
    "iq1_s": (256, 50),
    "iq4_nl": (32, 18),
    "iq3_s": (256, 110),
    "iq2_s": (256, 82),
    "iq4_xs": (256, 136),
    "iq1_m": (256, 56),
    "tq1_0": (256, 54),
    "tq2_0": (256, 66),
    "mxfp4": (32, 17),
    "nvfp4": (64, 36),
    "q1_0": (128, 18),
}
"""Name -> (elements in a block, bytes of a block). GGUF rows are whole blocks."""

SAFETENSORS = frozenset(
    {"bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f16", "bf16", "f32", "f64", "c64"}
    | {"f8_e4m3", "f8_e5m2", "f8_e8m0", "f4", "f6_e2m3", "f6_e3m2"}
)
"""The types SafeTensors names, in lower case."""

GGML: dict[int, str] = {
    0: "f32",
    1: "f16",
    2: "q4_0",
    3: "q4_1",
    6: "q5_0",
    7: "q5_1",
    8: "q8_0",
    9: "q8_1",
    10: "q2_k",
    11: "q3_k",
    12: "q4_k",
    13: "q5_k",
    14: "q6_k",
    15: "q8_k",
    16: "iq2_xxs",
    17: "iq2_xs",
    18: "iq3_xxs",
    19: "iq1_s",
    20: "iq4_nl",
    21: "iq3_s",
    22: "iq2_s",
    23: "iq4_xs",
    24: "i8",
    25: "i16",
    26: "i32",
    27: "i64",
    28: "f64",
    29: "iq1_m",
    30: "bf16",
    34: "tq1_0",
    35: "tq2_0",
    39: "mxfp4",
    40: "nvfp4",
    41: "q1_0",
}
"""GGUF tensor type codes."""

GGML_REMOVED = frozenset({4, 5, 31, 32, 33, 36, 37, 38})
"""Codes once in use and taken out of ggml; no program of today reads them."""

APR: dict[int, str] = {
    0: "f32",
    1: "f16",
    3: "f64",
    4: "i32",
    5: "i64",
    6: "i8",
    7: "u8",
    8: "apr_q4",
    9: "apr_q8",
    12: "q4_k",
    14: "q6_k",
    30: "bf16",
    128: "apr_q4",
    129: "apr_q8",
}
"""APR v2 tensor type codes; 8 and 9 are the older spelling of 128 and 129."""

APR_Q4_ELEMENTS, APR_Q4_BYTES = 32, 18
"""An APR q4 block: one f16 scale, then 32 nibbles, the even element low; a short last block is padded."""

APR_Q8_SCALE_BYTES = 4
"""An APR q8 tensor: one f32 scale for the whole tensor, then one signed byte an element."""


def packed_bytes(dtype: str, elements: int) -> int | None:
    """Return the size in bytes of `elements` values, or None when they do not fill whole blocks."""
    block, size = BLOCKS[dtype]
    return None if elements % block else elements // block * size
