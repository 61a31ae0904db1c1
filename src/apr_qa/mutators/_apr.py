"""APR files open for changes; both checksums are made right again."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apr_qa.mutators._tensors import Stored
from apr_qa.weights.dtypes import APR
from apr_qa.weights.opening import read_header

HEADER_BYTES, STEP = 64, 64
_FLAGS = slice(6, 8)


@dataclass(slots=True)
class Apr:
    """One file: its first header bytes, metadata as text, tensors in file order."""

    path: Path
    head: bytes
    metadata: bytes
    codes: dict[str, int] = field(default_factory=dict)
    """Type code by tensor."""
    tensors: dict[str, Stored] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, Any]:
        """The metadata as a JSON object."""
        value: dict[str, Any] = json.loads(self.metadata)
        return value

    def say(self, **changes: Any) -> None:
        """Change keys of the metadata (`.` in a key is written `__`); the rest keeps its value."""
        named = {key.replace("__", "."): value for key, value in changes.items()}
        self.metadata = json.dumps(self.said | named, separators=(",", ":"), ensure_ascii=False).encode()

    def save(self) -> None:
        """Write the file anew, with fresh checksums."""
        index, data = self._laid_out()
        index_at = HEADER_BYTES + _padded(len(self.metadata))
        data_at = index_at + _padded(len(index))
        head = bytearray(self.head)
        struct.pack_into("<I", head, 8, len(self.tensors))
        struct.pack_into("<QIQQ", head, 12, HEADER_BYTES, len(self.metadata), index_at, data_at)
        struct.pack_into("<I", head, 40, zlib.crc32(bytes(head[:40]) + bytes(head[44:])))
        body = bytes(head) + _filled(self.metadata) + _filled(index) + data
        self.path.write_bytes(body + struct.pack("<I", zlib.crc32(body)))

    def _laid_out(self) -> tuple[bytes, bytes]:
        index, data, offset = [], [], 0
        for name, tensor in self.tensors.items():
            raw = name.encode()
            index.append(struct.pack("<H", len(raw)) + raw + bytes([self.codes[name], len(tensor.shape)]))
            dims = struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
            index.append(dims + struct.pack("<QQ", offset, len(tensor.data)))
            data.append(_filled(tensor.data))
            offset += len(data[-1])
        return b"".join(index), b"".join(data)


def open_apr(folder: Path) -> Apr:
    """Return the one APR file of `folder`, which has to be healthy."""
    (path,) = folder.glob("*.apr")
    header = read_header(path)
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 20)[0]
    codes = {name: code for code, name in APR.items() if code not in {8, 9}}
    found = Apr(path, data[:HEADER_BYTES], data[HEADER_BYTES : HEADER_BYTES + size])
    for info in header.tensors.values():
        found.codes[info.name] = codes[info.dtype]
        found.tensors[info.name] = Stored(info.dtype, info.shape, data[info.offset : info.offset + info.size_bytes])
    return found


def set_flags(file: Path, flags: int) -> None:
    """Set the flags of an APR file, its checksums made right again."""
    data = bytearray(file.read_bytes())
    data[_FLAGS] = struct.pack("<H", flags)
    data[40:44] = struct.pack("<I", zlib.crc32(bytes(data[:40]) + bytes(data[44:HEADER_BYTES])))
    data[-4:] = struct.pack("<I", zlib.crc32(bytes(data[:-4])))
    file.write_bytes(bytes(data))


def _padded(size: int) -> int:
    return size + -size % STEP


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % STEP)
