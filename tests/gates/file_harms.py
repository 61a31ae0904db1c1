"""What can be done to a copy of a tiny model: each harm changes one thing."""

from __future__ import annotations

import json
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MODELS = Path(__file__).resolve().parents[2] / "models"
Tensors = dict[str, dict[str, Any]]
"""Name to dtype, shape and bytes of a SafeTensors file."""
EMBEDDING, K_PROJ, Q_PROJ = (
    "model.embed_tokens.weight",
    "model.layers.0.self_attn.k_proj.weight",
    "model.layers.0.self_attn.q_proj.weight",
)
DOWN, UP, NORM = "model.layers.0.mlp.down_proj.weight", "model.layers.0.mlp.up_proj.weight", "model.norm.weight"


def copy(model: str, to: Path) -> Path:
    """Return a writable copy of a tiny model."""
    return Path(shutil.copytree(MODELS / model, to / model, copy_function=shutil.copyfile))


def load(file: Path) -> Tensors:
    """Return the tensors of a SafeTensors file."""
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    start = 8 + size
    return {
        name: {"dtype": e["dtype"], "shape": e["shape"], "data": data[start + e["data_offsets"][0] :][: _size(e)]}
        for name, e in header.items()
    }


def _size(entry: dict[str, Any]) -> int:
    begin, end = entry["data_offsets"]
    return int(end - begin)


def save(file: Path, tensors: Tensors) -> None:
    """Write a SafeTensors file."""
    header, data = {}, b""
    for name, t in tensors.items():
        offsets = [len(data), len(data) + len(t["data"])]
        header[name] = {"dtype": t["dtype"], "shape": t["shape"], "data_offsets": offsets}
        data += t["data"]
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensors(change: Callable[[Tensors], object]) -> Callable[[Path], None]:
    """Return a harm that rewrites the SafeTensors file."""

    def harm(root: Path) -> None:
        file = root / "safetensors" / "model.safetensors"
        found = load(file)
        change(found)
        save(file, found)

    return harm


def settings(name: str, **changes: Any) -> Callable[[Path], None]:
    """Return a harm that changes keys of a JSON file; None removes a key."""

    def harm(root: Path) -> None:
        file = root / "safetensors" / name
        value = json.loads(file.read_text()) | changes
        file.write_text(json.dumps({k: v for k, v in value.items() if v is not None}))

    return harm


def tokenizer(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return a harm that changes tokenizer.json."""

    def harm(root: Path) -> None:
        file = root / "safetensors" / "tokenizer.json"
        value = json.loads(file.read_text())
        change(value)
        file.write_text(json.dumps(value))

    return harm


def template(text: str) -> Callable[[Path], None]:
    """Return a harm that replaces the chat template."""
    return lambda root: (root / "safetensors" / "chat_template.jinja").write_text(text) and None


def add(name: str, data: bytes = b"x") -> Callable[[Path], None]:
    """Return a harm that adds a file."""
    return lambda root: (root / "safetensors" / name).write_bytes(data) and None


def remove(name: str) -> Callable[[Path], None]:
    """Return a harm that removes a file."""
    return lambda root: (root / name).unlink()


def in_gguf(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Return a harm that replaces bytes of the F16 GGUF file, once."""

    def harm(root: Path) -> None:
        file = root / "gguf" / "model-f16.gguf"
        data = file.read_bytes()
        assert old in data
        file.write_bytes(data.replace(old, new, 1))

    return harm


def apr_flags(flags: int) -> Callable[[Path], None]:
    """Return a harm that sets the flags of the APR file, its checksums made right again."""

    def harm(root: Path) -> None:
        file = root / "apr" / "model.apr"
        data = bytearray(file.read_bytes())
        data[6:8] = struct.pack("<H", flags)
        data[40:44] = struct.pack("<I", zlib.crc32(bytes(data[:40]) + bytes(data[44:64])))
        data[-4:] = struct.pack("<I", zlib.crc32(bytes(data[:-4])))
        file.write_bytes(bytes(data))

    return harm


def cut(name: str, missing: int) -> Callable[[Path], None]:
    """Return a harm that cuts bytes off the end of a file."""
    return lambda root: (root / name).write_bytes((root / name).read_bytes()[:-missing]) and None


def flip(name: str, place: int) -> Callable[[Path], None]:
    """Return a harm that flips one byte; a negative place counts from the end."""

    def harm(root: Path) -> None:
        data = bytearray((root / name).read_bytes())
        data[place] ^= 0xFF
        (root / name).write_bytes(bytes(data))

    return harm


def bf16(values: Any) -> bytes:
    """Return float32 values cut to BF16."""
    return (np.asarray(values, dtype="<f4").view("<u4") >> 16).astype("<u2").tobytes()


def put(name: str, value: float, *, count: int | None = None) -> Callable[[Tensors], object]:
    """Return a change that sets the first `count` elements of a tensor, or all of them."""

    def change(found: Tensors) -> None:
        data = found[name]["data"]
        size = len(data) if count is None else 2 * count
        found[name]["data"] = bf16(np.full(size // 2, value)) + data[size:]

    return change


def reshape(name: str, *shape: int) -> Callable[[Tensors], object]:
    """Return a change that gives a tensor another shape of as many elements."""
    return lambda found: found[name].update(shape=list(shape))


def drop(*ends: str) -> Callable[[Tensors], object]:
    """Return a change that removes the tensors whose names contain one of `ends`."""

    def change(found: Tensors) -> None:
        for name in [n for n in found if any(end in n for end in ends)]:
            del found[name]

    return change


def rows(count: int) -> Callable[[Tensors], object]:
    """Return a change that adds `count` rows of padding to the embedding."""

    def change(found: Tensors) -> None:
        old = found[EMBEDDING]
        width = old["shape"][1]
        found[EMBEDDING] = old | {
            "shape": [old["shape"][0] + count, width],
            "data": old["data"] + bf16(np.full(count * width, 0.01)),
        }

    return change


def link_outside(root: Path) -> None:
    (root / "safetensors" / "notes.txt").symlink_to("/etc/hostname")


def as_float32(found: Tensors) -> None:
    for t in found.values():
        halves = np.frombuffer(t["data"], dtype="<u2").astype("<u4") << 16
        t |= {"dtype": "F32", "data": halves.astype("<u4").tobytes()}
