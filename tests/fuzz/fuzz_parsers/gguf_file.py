"""GGUF files."""

from __future__ import annotations

import struct
from pathlib import Path

from fuzz_target import Target
from read_whole import values_of
from weight_builders import gguf_bytes, gguf_tensor, key_value, text

from apr_qa.weights import MalformedWeights
from apr_qa.weights.gguf import MAGIC, parse

_PLACE = Path("model.gguf")
_WORDS = struct.pack("<IQ", 8, 2) + text("a") + text("b")


def _read(data: bytes) -> None:
    """The magic is what chose the reader, so it is given."""
    whole = MAGIC + data[4:]
    values_of(parse(_PLACE, memoryview(whole)), whole)


TARGET = Target(
    name="gguf_file",
    read=_read,
    refusals=(MalformedWeights,),
    seeds=(
        gguf_bytes(
            [
                key_value("general.architecture", 8, text("llama")),
                key_value("words", 9, _WORDS),
                key_value("flag", 7, b"\1"),
                key_value("real", 6, struct.pack("<f", 0.5)),
                key_value("numbers", 9, struct.pack("<IQ2i", 5, 2, 1, -1)),
                key_value("flags", 9, struct.pack("<IQ2B", 7, 2, 1, 0)),
            ],
            [gguf_tensor("a", [8, 2]), gguf_tensor("b", [32], code=8, offset=64)],
            bytes(128),
        ),
        gguf_bytes(
            [key_value("general.alignment", 4, struct.pack("<I", 8))], [gguf_tensor("a", [2])], bytes(8), alignment=8
        ),
        gguf_bytes([], [gguf_tensor("a", [256], code=12)], bytes(160)),
    ),
    words=(
        b"general.alignment",
        struct.pack("<Q", 1),
        struct.pack("<I", 9),
        struct.pack("<I", 8),
        b"\xff" * 8,
        bytes(8),
    ),
)
