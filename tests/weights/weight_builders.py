"""Builders of small weight files, right by default and wrong on request."""

from __future__ import annotations

import json
import struct
import zlib


def safetensors_bytes(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a SafeTensors file; `header` is JSON-able, or the header's raw bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    """Return one tensor of a SafeTensors header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def text(value: str | bytes) -> bytes:
    """Return a GGUF string."""
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def key_value(key: str | bytes, kind: int, value: bytes) -> bytes:
    """Return one GGUF key-value pair."""
    return text(key) + struct.pack("<I", kind) + value


def gguf_tensor(name: str | bytes, dims: list[int], code: int = 0, offset: int = 0) -> bytes:
    """Return one entry of a GGUF tensor table."""
    return text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, code, offset)


def gguf_bytes(
    pairs: list[bytes], tensors: list[bytes], data: bytes, *, head: bytes = b"", alignment: int = 32
) -> bytes:
    """Return a GGUF file; `head` replaces the first 24 bytes."""
    start = head or b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    table = start + b"".join(pairs) + b"".join(tensors)
    return table + bytes(-len(table) % alignment) + data


def apr_tensor(name: str, code: int, dims: list[int], offset: int, size: int) -> bytes:
    """Return one entry of an APR index."""
    raw = name.encode()
    return struct.pack(f"<H{len(raw)}sBB{len(dims)}QQQ", len(raw), raw, code, len(dims), *dims, offset, size)


def apr_bytes(tensors: list[bytes], data: bytes, **changes: object) -> bytes:
    """Return an APR v2 file with right checksums; `changes` replace single header fields, or the metadata bytes."""
    meta = changes.get("metadata", b'{"model_type":"qwen2"}')
    assert isinstance(meta, bytes)
    index = b"".join(tensors)
    index_offset = 64 + -(-len(meta) // 64) * 64
    data_offset = index_offset + -(-len(index) // 64) * 64
    fields = {"major": 2, "minor": 0, "flags": 1024, "count": len(tensors), "meta": 64, "meta_size": len(meta)}
    fields |= {"index": index_offset, "start": data_offset}
    fields |= {key: value for key, value in changes.items() if key in fields and isinstance(value, int)}
    first = b"APR\0" + struct.pack("<BBHIQIQQ", *fields.values())
    reserved = bytes(20)
    head = first + struct.pack("<I", zlib.crc32(first + reserved)) + reserved
    body = head + meta.ljust(index_offset - 64, b"\0") + index.ljust(data_offset - index_offset, b"\0")
    body += data + bytes(-len(data) % 64)
    return body if changes.get("footer") is False else body + struct.pack("<I", zlib.crc32(body))
