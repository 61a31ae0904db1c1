"""SafeTensors files open for changes: one file, or the shards of a folder as one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apr_qa.mutators._tensors import Stored

_LENGTH_BYTES = 8


@dataclass(slots=True)
class Shard:
    """One file: what its header says besides the tensors, and which tensors it holds, in the order of their data."""

    path: Path
    metadata: dict[str, Any] | None
    names: list[str]


@dataclass(slots=True)
class SafeTensors:
    """All shards of a folder."""

    shards: list[Shard] = field(default_factory=list)
    tensors: dict[str, Stored] = field(default_factory=dict)
    """Change, replace or delete; a new name goes to the last shard."""

    def save(self) -> None:
        """Write every shard anew; a shard index beside them is left as it is."""
        kept = {name for shard in self.shards for name in shard.names}
        self.shards[-1].names += [name for name in self.tensors if name not in kept]
        for shard in self.shards:
            names = [name for name in shard.names if name in self.tensors]
            shard.path.write_bytes(_packed({n: self.tensors[n] for n in names}, shard.metadata))


def open_safetensors(folder: Path) -> SafeTensors:
    """Return the tensors of all `.safetensors` files in `folder`."""
    found = SafeTensors()
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        start = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
        header = json.loads(data[_LENGTH_BYTES:start])
        metadata = header.pop("__metadata__", None)
        entries = sorted(header.items(), key=lambda item: item[1]["data_offsets"][0])
        for name, entry in entries:
            begin, end = (start + offset for offset in entry["data_offsets"])
            found.tensors[name] = Stored(entry["dtype"].lower(), tuple(entry["shape"]), data[begin:end])
        found.shards.append(Shard(path, metadata, [name for name, _ in entries]))
    return found


def _packed(tensors: dict[str, Stored], metadata: dict[str, Any] | None) -> bytes:
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    offset = 0
    for name, tensor in tensors.items():
        end = offset + len(tensor.data)
        header[name] = {"dtype": tensor.dtype.upper(), "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(_LENGTH_BYTES, "little") + text + b"".join(t.data for t in tensors.values())
