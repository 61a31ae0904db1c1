"""GGUF versions 2 and 3, little endian: key-values, tensor table, aligned data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from apr_qa.weights.checks import LARGEST, Scene, contiguous, padded
from apr_qa.weights.cursor import Cursor
from apr_qa.weights.dtypes import BLOCKS, GGML, GGML_REMOVED
from apr_qa.weights.record import Header, TensorInfo

MAGIC = b"GGUF"
KEY_LIMIT_BYTES = 65_535
NAME_LIMIT_BYTES = 63
STRING_LIMIT_BYTES = 16 << 20
ITEMS_LIMIT = 2_000_000
"""Of all arrays together: words, scores, types and merges of the largest vocabularies are 1.3 million."""
DIMENSIONS_LIMIT = 4
DEFAULT_ALIGNMENT = 32
ALIGNMENT_LIMIT = 1 << 16
_SMALLEST_KEY_VALUE = 8 + 1 + 4 + 1
_SMALLEST_TENSOR = 8 + 1 + 4 + 8 + 4 + 8
_ARRAY, _STRING, _BOOL, _U32 = 9, 8, 7, 4
_INTEGERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 10: "Q", 11: "q"}
_REALS = {6: "f", 12: "d"}


def parse(file: Path, data: memoryview) -> Header:
    """Return the header of the whole file `data`. Raises MalformedWeights."""
    cursor = Cursor(Scene(file), data, len(MAGIC))
    tensor_count, key_count = _counts(cursor)
    metadata = _key_values(cursor, key_count)
    alignment = _alignment(cursor.scene, metadata)
    entries = [_entry(cursor) for _ in range(tensor_count)]
    start = padded(cursor.position, alignment)
    tensors: dict[str, TensorInfo] = {}
    for name, dtype, shape, offset in entries:
        cursor.scene.require(name not in tensors, f"tensor {name!r}", "appears twice")
        tensors[name] = _place(cursor.scene, (name, dtype, shape), start + offset, len(data))
    offsets = [info.offset for info in tensors.values()]
    # Engines that add sizes up in table order would read other bytes than we do.
    cursor.scene.require(offsets == sorted(offsets), "tensor table", "lists the tensors out of the order of their data")
    end = contiguous(cursor.scene, tensors.values(), start, alignment)
    notes = _ending(cursor.scene, end, start + padded(end - start, alignment), len(data))
    return Header(format="gguf", files=(file,), metadata=metadata, tensors=tensors, notes=notes)


def _counts(cursor: Cursor) -> tuple[int, int]:
    scene = cursor.scene
    version = cursor.number("I", "version")
    where = "version at offset 4"
    scene.require(bool(version & 0xFFFF), where, f"{version:#x} is byte-swapped: a big-endian file", _CONVERT)
    scene.require(version in (2, 3), where, f"{version} is not 2 or 3", _CONVERT)
    tensors = cursor.number("Q", "tensor count")
    keys = cursor.number("Q", "key-value count")
    room = cursor.left()
    for count, smallest, what in ((tensors, _SMALLEST_TENSOR, "tensor"), (keys, _SMALLEST_KEY_VALUE, "key-value")):
        fits = count * smallest <= room
        scene.require(fits, f"{what} count", f"says {count}, more than the {room} bytes that follow can hold")
    scene.require(tensors > 0, "tensor count at offset 8", "is zero")
    return tensors, keys


def _key_values(cursor: Cursor, count: int) -> Mapping[str, object]:
    metadata: dict[str, object] = {}
    items = 0
    for _ in range(count):
        where = cursor.at("key")
        key = cursor.scene.name(cursor.text("Q", "key", KEY_LIMIT_BYTES), where, KEY_LIMIT_BYTES)
        cursor.scene.require(key not in metadata, where, f"the key {key!r} appears twice")
        type_place = cursor.at(f"type of key {key!r}")
        kind = cursor.number("I", "value type")
        if key == "general.alignment":
            cursor.scene.require(kind == _U32, type_place, "must be a 32-bit unsigned number")
        if kind == _ARRAY:
            metadata[key] = array = _array(cursor, key, ITEMS_LIMIT - items)
            items += len(array)
        else:
            metadata[key] = _reader(cursor, kind, key, type_place)()
    return metadata


def _reader(cursor: Cursor, kind: int, key: str, where: str) -> Callable[[], object]:
    """Return a function that reads one value of type code `kind`."""
    field = f"value of {key!r}"
    if kind == _STRING:
        return partial(cursor.text, "Q", field, STRING_LIMIT_BYTES)
    if kind == _BOOL:
        return partial(_boolean, cursor, field)
    if kind in _INTEGERS:
        return partial(cursor.number, _INTEGERS[kind], field)
    if kind in _REALS:
        return partial(cursor.real, _REALS[kind], field)
    return cursor.scene.refuse(where, f"{kind} is not a GGUF value type")


def _boolean(cursor: Cursor, field: str) -> bool:
    where = cursor.at(field)
    value = cursor.number("B", field)
    cursor.scene.require(value in (0, 1), where, f"{value} is not a truth value")
    return value == 1


def _array(cursor: Cursor, key: str, limit: int) -> tuple[object, ...]:
    type_place = cursor.at(f"item type of {key!r}")
    kind = cursor.number("I", "item type")
    cursor.scene.require(kind != _ARRAY, type_place, "is an array of arrays, which no engine reads")
    where = cursor.at(f"length of {key!r}")
    count = cursor.number("Q", "array length")
    cursor.scene.require(count <= limit, where, f"says {count} items; the limit of all arrays is {ITEMS_LIMIT}")
    field = f"items of {key!r}"
    if kind == _STRING:
        return cursor.texts(count, field, STRING_LIMIT_BYTES)
    if kind == _BOOL:
        where = cursor.at(field)
        values = cursor.numbers(count, "B", field)
        cursor.scene.require(max(values, default=0) <= 1, where, "hold what is not a truth value")
        return tuple(map(bool, values))
    if kind not in _INTEGERS | _REALS:
        cursor.scene.refuse(type_place, f"{kind} is not a GGUF value type")
    return cursor.numbers(count, (_INTEGERS | _REALS)[kind], field)


def _alignment(scene: Scene, metadata: Mapping[str, object]) -> int:
    value = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(value, int) or not 8 <= value <= ALIGNMENT_LIMIT or value & (value - 1):
        scene.refuse("general.alignment", f"{value} is not a power of two from 8 to {ALIGNMENT_LIMIT}")
    return value


def _entry(cursor: Cursor) -> tuple[str, str, tuple[int, ...], int]:
    """Return name, type, row-major shape and offset within the data of the next tensor."""
    scene = cursor.scene
    where = cursor.at("tensor name")
    name = scene.name(cursor.text("Q", "tensor name", NAME_LIMIT_BYTES), where, NAME_LIMIT_BYTES)
    where = cursor.at(f"dimensions of {name!r}")
    count = cursor.number("I", "dimension count")
    scene.require(1 <= count <= DIMENSIONS_LIMIT, where, f"has {count} dimensions, not 1 to {DIMENSIONS_LIMIT}")
    dims = tuple(cursor.number("Q", "dimension") for _ in range(count))
    scene.require(all(dims), where, f"{list(dims)} holds a zero")
    scene.elements(dims, where)
    where = cursor.at(f"type of {name!r}")
    code = cursor.number("I", "tensor type")
    gone = " (taken out of ggml)" if code in GGML_REMOVED else ""
    scene.require(code in GGML, where, f"{code} is not a known tensor type{gone}", _CONVERT)
    where = cursor.at(f"offset of {name!r}")
    offset = cursor.number("Q", "tensor offset")
    scene.require(offset <= LARGEST, where, f"{offset} is out of range")
    return name, GGML[code], dims[::-1], offset


def _place(scene: Scene, tensor: tuple[str, str, tuple[int, ...]], offset: int, file_end: int) -> TensorInfo:
    name, dtype, shape = tensor
    where = f"tensor {name!r}"
    block, size = BLOCKS[dtype]
    scene.require(shape[-1] % block == 0, where, f"a row of {shape[-1]} does not fill blocks of {block} ({dtype})")
    elements = scene.elements(shape, where)
    size_bytes = elements // block * size
    end = offset + size_bytes
    scene.require(end <= file_end, where, f"its data end at {end}, the file at {file_end}", "Fetch the file again.")
    return TensorInfo(name=name, dtype=dtype, shape=shape, offset=offset, size_bytes=size_bytes, file=scene.file)


def _ending(scene: Scene, end: int, padded_end: int, file_end: int) -> tuple[str, ...]:
    extra = file_end - padded_end
    where = f"end of the data at offset {end}"
    scene.require(extra <= 0, where, f"{extra} bytes after the padding belong to no tensor")
    return () if file_end == padded_end else ("the last tensor is not padded to the alignment",)


_CONVERT = "Convert the model again with a present-day converter."
