"""APR v2: 64-byte header, JSON metadata, tensor index, data in 64-byte steps, and a CRC over all of it.

Layout as measured on files of apr-format 0.72.3.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from apr_qa.weights.checks import LARGEST, Scene, contiguous, padded, shape_text
from apr_qa.weights.cursor import Cursor
from apr_qa.weights.dtypes import APR, APR_Q4_BYTES, APR_Q4_ELEMENTS, APR_Q8_SCALE_BYTES, BLOCKS, packed_bytes
from apr_qa.weights.record import Header, TensorInfo
from apr_qa.weights.safetensors import strict_json

MAGIC = b"APR\0"
HEADER_BYTES = 64
STEP = 64
METADATA_LIMIT_BYTES = 16 << 20
NAME_LIMIT_BYTES = 256
DIMENSIONS_LIMIT = 8
TIED_HEAD = "lm_head.weight"
_SMALLEST_ENTRY = 2 + 1 + 2 + 8 + 8
_REFUSED_FLAGS = {
    1: "its data are compressed (lz4)",
    2: "its data are compressed (zstd)",
    4: "its data are encrypted",
    16: "it is one shard of several, and how shards join is not known",
    2048: "its tensors are column-major; APR tensors are row-major (LAYOUT-002)",
}
_FOOTER_BYTES = 4
_CHUNK_BYTES = 1 << 20


def parse(file: Path, data: memoryview) -> Header:
    """Return the header of the whole file `data`, its footer not yet compared. Raises MalformedWeights."""
    scene = Scene(file)
    count, metadata_span, index_offset, data_offset = _header(scene, data)
    metadata = _metadata(scene, data, metadata_span)
    _region(scene, "tensor index", index_offset, sum(metadata_span), data_offset)
    cursor = Cursor(scene, data[:data_offset], index_offset)
    fits = count * _SMALLEST_ENTRY <= cursor.left()
    scene.require(fits, "tensor count at offset 8", f"says {count}, more than the index can hold")
    tensors: dict[str, TensorInfo] = {}
    for _ in range(count):
        info = _entry(cursor, data_offset, len(data))
        scene.require(info.name not in tensors, f"tensor {info.name!r}", "appears twice")
        tensors[info.name] = info
    _region(scene, "data", data_offset, cursor.position, len(data))
    stored = [info for info in tensors.values() if info.size_bytes]
    end = contiguous(scene, stored, data_offset, STEP)
    notes = _ending(scene, data_offset + padded(end - data_offset, STEP), len(data))
    if len(stored) < len(tensors):
        notes += (f"{TIED_HEAD} is an empty placeholder for tied embeddings",)
    return Header(format="apr", files=(file,), metadata=metadata, tensors=tensors, notes=notes)


def verify_footer(header: Header, data: memoryview) -> None:
    """Compare the CRC-32 at the end of the file with its content; a file without one passes."""
    if NO_FOOTER in header.notes:
        return
    crc = 0
    for start in range(0, len(data) - _FOOTER_BYTES, _CHUNK_BYTES):
        crc = zlib.crc32(data[start : min(start + _CHUNK_BYTES, len(data) - _FOOTER_BYTES)], crc)
    stored = int.from_bytes(data[-_FOOTER_BYTES:], "little")
    Scene(header.files[0]).require(
        crc == stored,
        f"footer at offset {len(data) - _FOOTER_BYTES}",
        f"the CRC-32 of the file is {crc:#010x}, the footer says {stored:#010x}",
        "The file was damaged after it was written: fetch it again.",
    )


def _header(scene: Scene, data: memoryview) -> tuple[int, tuple[int, int], int, int]:
    """Return tensor count, (offset, size) of the metadata, and the offsets of index and data."""
    scene.require(len(data) >= HEADER_BYTES, "header at offset 0", f"the file has only {len(data)} bytes")
    major, minor, flags, count, meta, meta_size, index, start, crc = struct.unpack_from("<BBHIQIQQI", data, 4)
    actual = zlib.crc32(bytes(data[:40]) + bytes(data[44:HEADER_BYTES]))
    scene.require(major == 2 and minor == 0, "version at offset 4", f"{major}.{minor} is not 2.0")
    scene.require(actual == crc, "header checksum at offset 40", f"says {crc:#010x}, the CRC-32 is {actual:#010x}")
    for bit, meaning in _REFUSED_FLAGS.items():
        scene.require(not flags & bit, "flags at offset 6", meaning)
    scene.require(not any(data[44:HEADER_BYTES]), "reserved bytes at offset 44", "are not zero")
    scene.require(meta_size <= METADATA_LIMIT_BYTES, "metadata size at offset 20", f"{meta_size} is over the limit")
    _region(scene, "metadata", meta, HEADER_BYTES, len(data))
    scene.require(meta + meta_size <= len(data), "metadata size at offset 20", "the metadata pass the end of the file")
    scene.require(start <= len(data), "data offset at offset 32", f"{start} lies outside the file of {len(data)} bytes")
    scene.require(count > 0, "tensor count at offset 8", "is zero")
    return count, (meta, meta_size), index, start


def _region(scene: Scene, what: str, offset: int, earliest: int, latest: int) -> None:
    scene.require(offset % STEP == 0, f"{what} offset", f"{offset} is not a multiple of {STEP}")
    inside = offset == padded(earliest, STEP) and offset <= latest
    scene.require(inside, f"{what} offset", f"is {offset}; that part begins at {padded(earliest, STEP)}")


def _metadata(scene: Scene, data: memoryview, span: tuple[int, int]) -> dict[str, object]:
    offset, size = span
    where = f"metadata at offset {offset}"
    value = strict_json(scene, data[offset : offset + size], where)
    if not isinstance(value, dict):
        scene.refuse(where, "is not a JSON object")
    return value


def _entry(cursor: Cursor, data_offset: int, file_end: int) -> TensorInfo:
    scene = cursor.scene
    where = cursor.at("tensor name")
    name = scene.name(cursor.text("H", "tensor name", NAME_LIMIT_BYTES), where, NAME_LIMIT_BYTES)
    where = f"tensor {name!r}"
    code, count = cursor.number("B", "tensor type"), cursor.number("B", "dimension count")
    scene.require(code in APR, f"type of {where}", f"{code} is not a known APR type")
    scene.require(count <= DIMENSIONS_LIMIT, where, f"has {count} dimensions; the limit is {DIMENSIONS_LIMIT}")
    shape = tuple(cursor.number("Q", "dimension") for _ in range(count))
    elements = scene.elements(shape, f"shape of {where}")
    offset, size = cursor.number("Q", "tensor offset"), cursor.number("Q", "tensor size")
    scene.require(max(offset, size) <= LARGEST, where, "offset or size is out of range")
    scene.require(offset % STEP == 0, where, f"offset {offset} is not a multiple of {STEP}")
    end = data_offset + offset + size
    scene.require(end <= file_end, where, f"its data end at {end}, the file at {file_end}", "Fetch the file again.")
    dtype = _stored_as(APR[code], code, elements, size)
    _size(scene, where, (dtype, shape), size, name == TIED_HEAD)
    return TensorInfo(
        name=name, dtype=dtype, shape=shape, offset=data_offset + offset, size_bytes=size, file=scene.file
    )


def _stored_as(dtype: str, code: int, elements: int, size: int) -> str:
    """Return the type, telling apart what the code 8 meant in older files by the number of bytes."""
    return "q8_0" if code == 8 and size == packed_bytes("q8_0", elements) else dtype


def _size(scene: Scene, where: str, tensor: tuple[str, tuple[int, ...]], size: int, may_be_empty: bool) -> None:
    dtype, shape = tensor
    elements = scene.elements(shape, where)
    if size == 0 and elements and may_be_empty:
        return
    if dtype == "apr_q4":
        wanted = padded(elements, APR_Q4_ELEMENTS) // APR_Q4_ELEMENTS * APR_Q4_BYTES
    elif dtype == "apr_q8":
        wanted = APR_Q8_SCALE_BYTES + elements
    else:
        block, block_bytes = BLOCKS[dtype]
        columns = shape[-1] if shape else 1
        rows = elements // columns if columns else 0
        wanted = rows * (padded(columns, block) // block) * block_bytes
    scene.require(size == wanted, where, f"{dtype} {shape_text(shape)} needs {wanted} bytes, the index says {size}")


NO_FOOTER = "no footer checksum"


def _ending(scene: Scene, end: int, file_end: int) -> tuple[str, ...]:
    extra = file_end - end
    if extra <= 0:  # older writers left out the footer, and the padding of the last tensor with it
        return (NO_FOOTER,)
    scene.require(extra == _FOOTER_BYTES, f"end of the data at offset {end}", f"{extra} bytes belong to no tensor")
    return ()
