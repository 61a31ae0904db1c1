"""APR files, with and without right checksums."""

from __future__ import annotations

import zlib
from pathlib import Path

from fuzz_target import Target
from read_whole import values_of
from weight_builders import apr_bytes, apr_tensor

from apr_qa.weights import MalformedWeights
from apr_qa.weights.apr import HEADER_BYTES, MAGIC, parse, verify_footer

_PLACE = Path("model.apr")


def _read(data: bytes) -> None:
    """Magic, and the checksum of the header when the first byte asks for it, are given: chance finds neither."""
    whole = MAGIC + data[4:]
    if data[:1] != b"x" and len(whole) >= HEADER_BYTES:
        right = zlib.crc32(whole[:40] + whole[44:HEADER_BYTES]).to_bytes(4, "little")
        whole = whole[:40] + right + whole[44:]
    view = memoryview(whole)
    header = parse(_PLACE, view)
    values_of(header, whole)
    verify_footer(header, view)


TARGET = Target(
    name="apr_file",
    read=_read,
    refusals=(MalformedWeights,),
    seeds=(
        apr_bytes([apr_tensor("a", 0, [2, 4], 0, 32), apr_tensor("b", 128, [40], 64, 36)], bytes(128), footer=False),
        apr_bytes([apr_tensor("a", 129, [6], 0, 10), apr_tensor("lm_head.weight", 0, [2, 4], 64, 0)], bytes(64)),
        apr_bytes([apr_tensor("a", 8, [32], 0, 34), apr_tensor("b", 12, [256], 64, 144)], bytes(256), footer=False),
    ),
    words=(b"lm_head.weight", b"\xff" * 8, bytes(8), b"\0\1\0\0\0\0\0\0", b'{"a":1}', b"[[[["),
)
