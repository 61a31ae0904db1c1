"""Which type a weights file claims to be, and which it mostly is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from apr_qa.truth.envelopes import RANKS
from apr_qa.weights import Header

_FILE_TYPES: Mapping[int, str] = {
    0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 7: "q8_0", 8: "q5_0", 9: "q5_1", 10: "q2_k", 11: "q3_k", 12: "q3_k",
    13: "q3_k", 14: "q4_k", 15: "q4_k", 16: "q5_k", 17: "q5_k", 18: "q6_k", 30: "iq4_xs", 32: "bf16",
}  # fmt: skip
"""`general.file_type` of GGUF."""


def stored_dtype(header: Header) -> str:
    """Return the type that holds most elements of the matrices."""
    counts: Counter[str] = Counter()
    for info in header.tensors.values():
        if len(info.shape) > 1 and info.size_bytes:
            counts[info.dtype] += math.prod(info.shape)
    return counts.most_common(1)[0][0] if counts else ""


def judged_dtype(header: Header, name_says: str) -> str:
    """Return the type whose envelope a file has to keep: the finest that its name or header claims, else what it is.

    A four-bit file that calls itself eight-bit is held to eight bits.
    """
    claimed = [_plain(name_says), _FILE_TYPES.get(_file_type(header), "")]
    known = [dtype for dtype in claimed if dtype in RANKS]
    return max(known, key=lambda dtype: RANKS[dtype]) if known else stored_dtype(header)


def _plain(name: str) -> str:
    """Return `q4_k` for `q4_k_m`."""
    short = name.lower().removesuffix("_m").removesuffix("_s").removesuffix("_l")
    return {"fp16": "f16", "fp32": "f32"}.get(short, short)


def _file_type(header: Header) -> int:
    value = header.metadata.get("general.file_type")
    return value if type(value) is int else -1
