"""SafeTensors files: what we accept, the library accepts as well."""

from __future__ import annotations

from pathlib import Path

import safetensors
from fuzz_target import Target
from read_whole import values_of
from weight_builders import entry, safetensors_bytes

from apr_qa.weights import MalformedWeights
from apr_qa.weights.safetensors import parse

_PLACE = Path("model.safetensors")


def _read(data: bytes) -> None:
    header = parse(_PLACE, memoryview(data))
    theirs = dict(safetensors.deserialize(data))
    assert set(theirs) == set(header.tensors), "the library finds other tensors"
    for name, info in header.tensors.items():
        assert tuple(theirs[name]["shape"]) == info.shape, "the library finds another shape"
        assert bytes(theirs[name]["data"]) == data[info.offset : info.offset + info.size_bytes], "other bytes"
    values_of(header, data)


TARGET = Target(
    name="safetensors_file",
    read=_read,
    refusals=(MalformedWeights,),
    seeds=(
        safetensors_bytes(
            {"a": entry("F32", [2, 4], 0, 32), "b": entry("BF16", [8], 32, 48), "__metadata__": {"format": "pt"}},
            bytes(48),
        ),
        safetensors_bytes({"a": entry("U8", [0], 0, 0), "b": entry("F8_E4M3", [1, 1], 0, 1)}, b"\x7f"),
        safetensors_bytes({"a": entry("BOOL", [], 0, 1), "b": entry("I64", [1], 1, 9)}, bytes(9)),
    ),
    words=(
        b'"__metadata__":{',
        b'"dtype":',
        b'"data_offsets":[',
        b'"shape":[',
        b"F6_E2M3",
        b"1e2",
        b"NaN",
        b"\\ud800",
        b"-0",
    ),
)
