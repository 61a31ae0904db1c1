"""SafeTensors: an 8-byte length, a JSON header, then the data without a hole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from apr_qa.weights.checks import LARGEST, Scene, contiguous, shape_text
from apr_qa.weights.dtypes import SAFETENSORS, packed_bytes
from apr_qa.weights.record import Header, TensorInfo

HEADER_LIMIT_BYTES = 32 << 20
"""Room for a quarter of a million tensors; the library takes three times as much."""
NAME_LIMIT_BYTES = 1024
DIMENSIONS_LIMIT = 16
_LENGTH_BYTES = 8
_CONTAINERS, _BYTES_A_CONTAINER = 1000, 8
_FIELDS = {"dtype", "shape", "data_offsets"}


def looks_like(head: bytes, size: int) -> bool:
    """Return whether the first bytes could open a SafeTensors file: it has no magic but its header is an object."""
    return len(head) > _LENGTH_BYTES and head[8:9] == b"{" and size > _LENGTH_BYTES


def parse(file: Path, data: memoryview) -> Header:
    """Return the header of the whole file `data`. Raises MalformedWeights."""
    scene = Scene(file)
    length = _header_length(scene, data)
    header = _header_object(scene, data[_LENGTH_BYTES : _LENGTH_BYTES + length])
    metadata = _metadata(scene, header.pop("__metadata__", {}))
    start = _LENGTH_BYTES + length
    tensors = {name: _tensor(scene, name, entry, (start, len(data))) for name, entry in header.items()}
    scene.require(bool(tensors), "header", "names no tensor")
    end = contiguous(scene, tensors.values(), start)
    scene.require(
        end == len(data),
        f"end of the data at offset {end}",
        f"the file goes on to {len(data)}: {len(data) - end} bytes belong to no tensor",
        "Write the file again with a SafeTensors library; bytes outside every tensor can hide anything.",
    )
    ordered = dict(sorted(tensors.items(), key=lambda item: item[1].offset))
    return Header(format="safetensors", files=(file,), metadata=metadata, tensors=ordered)


def _header_length(scene: Scene, data: memoryview) -> int:
    where = "header length at offset 0"
    scene.require(len(data) >= _LENGTH_BYTES, where, f"the file has only {len(data)} bytes")
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    scene.require(length <= HEADER_LIMIT_BYTES, where, f"says {length} bytes; the limit is {HEADER_LIMIT_BYTES}")
    room = len(data) - _LENGTH_BYTES
    scene.require(length <= room, where, f"says {length} bytes, the file has {room} after it", "Fetch the file again.")
    scene.require(length >= 2, where, f"says {length} bytes, too few for a JSON object")
    return length


def strict_json(scene: Scene, data: bytes | memoryview, where: str) -> object:
    """Return the JSON value in `data`: UTF-8, no duplicate key, no NaN, no bottomless nesting, no swarm of lists."""
    try:
        text = str(data, "utf-8")  # once: a header may be tens of megabytes
    except UnicodeDecodeError as error:
        scene.refuse(where, f"is not UTF-8 (byte {error.start})")
    # An empty list is two bytes in the file and fifty-six in memory.
    containers = text.count("[") + text.count("{")
    most = _CONTAINERS + len(text) // _BYTES_A_CONTAINER
    scene.require(containers <= most, where, f"opens {containers} lists and objects, more than {most} for its length")

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen: dict[str, object] = {}
        for name, value in pairs:
            if name in seen:
                raise ValueError(f"the key {name[:80]!r} appears twice")
            seen[name] = value
        return seen

    def constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except RecursionError:
        scene.refuse(where, "is nested too deep")
    except ValueError as error:  # also JSONDecodeError
        scene.refuse(where, f"is not strict JSON: {error}")


def _header_object(scene: Scene, data: memoryview) -> dict[str, object]:
    where = f"header at offset {_LENGTH_BYTES}"
    scene.require(data[0] == ord("{"), where, "does not begin with '{'")
    scene.require(data[-1] in b"} \t\r\n", where, "does not end with '}'")
    value = strict_json(scene, data, where)
    if not isinstance(value, dict):
        scene.refuse(where, "is not a JSON object")
    return value


def _metadata(scene: Scene, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        scene.refuse("header field '__metadata__'", "must map strings to strings")
    return value


def _tensor(scene: Scene, name: str, entry: object, span: tuple[int, int]) -> TensorInfo:
    where = f"tensor {name[:80]!r}"
    scene.name(name, where, NAME_LIMIT_BYTES)
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        scene.refuse(where, "must have exactly the fields dtype, shape and data_offsets")
    dtype = _dtype(scene, where, entry["dtype"])
    shape, offsets = _integers(scene, where, entry, "shape"), _integers(scene, where, entry, "data_offsets")
    if len(shape) > DIMENSIONS_LIMIT:
        scene.refuse(f"shape of {where}", f"has {len(shape)} dimensions")
    if len(offsets) != 2:
        scene.refuse(f"data_offsets of {where}", "must be two numbers")
    (begin, end), (start, file_end) = offsets, span
    if begin > end:
        scene.refuse(f"data_offsets of {where}", f"end at {end}, before they begin at {begin}")
    if end > file_end - start:
        scene.refuse(f"data_offsets of {where}", f"end at {end}; the file holds {file_end - start} bytes of data")
    elements = scene.elements(shape, f"shape of {where}")
    wanted = packed_bytes(dtype, elements)
    if wanted is None:
        scene.refuse(f"shape of {where}", f"{elements} elements of {dtype} do not fill whole bytes")
    if wanted != end - begin:
        needs = f"{dtype} {shape_text(shape)} needs {wanted} bytes"
        scene.refuse(where, f"{needs}, the offsets give {end - begin}")
    return TensorInfo(
        name=name, dtype=dtype, shape=shape, offset=start + begin, size_bytes=end - begin, file=scene.file
    )


def _dtype(scene: Scene, where: str, value: Any) -> str:
    dtype = _TYPES.get(value) if isinstance(value, str) else None
    if dtype is None:
        scene.refuse(f"dtype of {where}", f"{str(value)[:40]!r} is not a SafeTensors type")
    return dtype


_TYPES = {dtype.upper(): dtype for dtype in SAFETENSORS}


def _integers(scene: Scene, where: str, entry: Mapping[str, Any], field: str) -> tuple[int, ...]:
    value = entry[field]
    if not isinstance(value, list) or not all(type(item) is int and 0 <= item <= LARGEST for item in value):
        scene.refuse(f"{field} of {where}", "must be a list of whole numbers from 0 to 2^63 - 1")
    return tuple(value)
