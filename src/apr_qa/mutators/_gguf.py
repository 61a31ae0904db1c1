"""GGUF files open for changes: key-values kept as bytes, so that what is not changed stays as it was."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apr_qa.mutators._tensors import Stored
from apr_qa.weights.dtypes import GGML
from apr_qa.weights.opening import read_header

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, U32: 4, I32: 4, F32: 4, BOOL: 1, 10: 8, 11: 8, 12: 8}
_CODES = {name: code for code, name in GGML.items()}
_ALIGNMENT = 32
_MAGIC_VERSION_COUNTS = struct.Struct("<4sIQQ")


@dataclass(slots=True)
class Gguf:
    """One file: keys with type code and value bytes, tensors by their own names, both in file order."""

    path: Path
    version: int
    keys: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    tensors: dict[str, Stored] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return a text value."""
        return self.keys[key][1][8:].decode()

    def set(self, key: str, value: str | float | bool | Sequence[str]) -> None:
        """Set a value, in the type that the key has, else the usual one for such a value."""
        self.keys[key] = _encoded(value, self.keys.get(key, (None, b""))[0])

    def save(self) -> None:
        """Write the file anew, its data aligned to 32 bytes."""
        head = _MAGIC_VERSION_COUNTS.pack(b"GGUF", self.version, len(self.tensors), len(self.keys))
        parts = [head]
        for key, (code, value) in self.keys.items():
            parts += [_text(key), struct.pack("<I", code), value]
        offset, data = 0, []
        for name, tensor in self.tensors.items():
            dims = tensor.shape[::-1]
            parts.append(_text(name) + struct.pack(f"<I{len(dims)}Q", len(dims), *dims))
            parts.append(struct.pack("<IQ", _CODES[tensor.dtype], offset))
            padded = tensor.data + bytes(-len(tensor.data) % _ALIGNMENT)
            data.append(padded)
            offset += len(padded)
        whole = b"".join(parts)
        self.path.write_bytes(whole + bytes(-len(whole) % _ALIGNMENT) + b"".join(data))


def open_gguf(folder: Path) -> Gguf:
    """Return the one GGUF file of `folder`, which has to be healthy."""
    (path,) = folder.glob("*.gguf")
    header = read_header(path)
    data = path.read_bytes()
    _magic, version, _tensors, count = _MAGIC_VERSION_COUNTS.unpack_from(data)
    found = Gguf(path, version)
    place = _MAGIC_VERSION_COUNTS.size
    for _ in range(count):
        end = _text_end(data, place)
        key, code = data[place + 8 : end].decode(), struct.unpack_from("<I", data, end)[0]
        place = _value_end(data, end + 4, code)
        found.keys[key] = (code, data[end + 4 : place])
    for info in header.tensors.values():
        found.tensors[info.name] = Stored(info.dtype, info.shape, data[info.offset : info.offset + info.size_bytes])
    return found


def _text_end(data: bytes, place: int) -> int:
    return place + 8 + int(struct.unpack_from("<Q", data, place)[0])


def _value_end(data: bytes, place: int, code: int) -> int:
    if code == STRING:
        return _text_end(data, place)
    if code != ARRAY:
        return place + _WIDTHS[code]
    item, count = struct.unpack_from("<IQ", data, place)
    place += 12
    if item != STRING:
        return place + int(count) * _WIDTHS[item]
    for _ in range(count):
        place = _text_end(data, place)
    return place


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _encoded(value: str | float | bool | Sequence[str], code: int | None) -> tuple[int, bytes]:
    if isinstance(value, str):
        return STRING, _text(value)
    if isinstance(value, bool):
        return BOOL, bytes([value])
    if isinstance(value, int) and code != F32:
        return U32, struct.pack("<I", value)
    if isinstance(value, int | float):
        return F32, struct.pack("<f", value)
    return ARRAY, struct.pack("<IQ", STRING, len(value)) + b"".join(_text(item) for item in value)
