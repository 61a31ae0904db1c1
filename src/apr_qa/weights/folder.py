"""A model folder: one weight file, or SafeTensors shards exactly as their index says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from apr_qa.weights.checks import Scene
from apr_qa.weights.record import Header, MalformedWeights, TensorInfo
from apr_qa.weights.safetensors import strict_json

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
INDEX_LIMIT_BYTES = 64 << 20
_SUFFIXES = (".safetensors", ".gguf", ".apr")

ReadFile = Callable[[Path], Header]


def read_folder(folder: Path, read_file: ReadFile) -> Header:
    """Return the header of the model in `folder`. Raises MalformedWeights when there is none, or more than one."""
    index, single = folder / INDEX, folder / SINGLE
    if index.exists() and single.exists():
        raise MalformedWeights(folder, "folder", f"holds both {INDEX} and {SINGLE}", "Remove the one that is stale.")
    if index.exists():
        return read_index(index, read_file)
    return read_file(single if single.exists() else _only_file(folder))


def _only_file(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
    if len(found) != 1:
        names = ", ".join(path.name for path in found[:5]) or "none"
        raise MalformedWeights(folder, "folder", f"holds {len(found)} weight files ({names})", "Name one file.")
    return found[0]


def read_index(index: Path, read_file: ReadFile) -> Header:
    """Return the joined header of the shards that `index` names; index and shards must agree exactly."""
    scene = Scene(index)
    weight_map, total = _index(scene, index)
    shards = sorted(set(weight_map.values()))
    headers = []
    for shard in shards:
        file = index.parent / shard
        scene.require(file.is_file(), "weight_map", f"names the shard {shard!r}, which is missing")
        headers.append(read_file(file))
    tensors: dict[str, TensorInfo] = {}
    for shard, header in zip(shards, headers, strict=True):
        scene.require(header.format == "safetensors", "weight_map", f"the shard {shard!r} is {header.format}")
        for name, info in header.tensors.items():
            where = f"tensor {name!r}"
            scene.require(name not in tensors, where, f"is stored twice, again in {shard!r}")
            scene.require(weight_map.get(name) == shard, where, f"lies in {shard!r}; the index says otherwise")
            tensors[name] = info
    missing = sorted(set(weight_map) - set(tensors))
    scene.require(not missing, "weight_map", f"names tensors that no shard holds: {', '.join(missing[:3])}")
    stored = sum(info.size_bytes for info in tensors.values())
    scene.require(total in (None, stored), "metadata.total_size", f"says {total}, the shards hold {stored} bytes")
    metadata = {key: value for header in headers for key, value in header.metadata.items()}
    files = tuple(header.files[0] for header in headers)
    return Header(format="safetensors", files=files, metadata=metadata, tensors=tensors)


def _index(scene: Scene, index: Path) -> tuple[dict[str, str], int | None]:
    size = index.stat().st_size
    scene.require(size <= INDEX_LIMIT_BYTES, "size", f"{size} bytes is over the limit of {INDEX_LIMIT_BYTES}")
    value = strict_json(scene, index.read_bytes(), "index")
    if not isinstance(value, dict) or not isinstance(value.get("weight_map"), dict):
        scene.refuse("index", "has no weight_map object")
    weight_map: dict[str, str] = value["weight_map"]
    scene.require(bool(weight_map), "weight_map", "is empty")
    for name, shard in weight_map.items():
        plain = _is_text(shard) and shard.endswith(".safetensors") and not set(shard) & set("/\\\0")
        scene.require(plain and not shard.startswith("."), "weight_map", f"{name!r} names {str(shard)[:80]!r}")
    metadata = value.get("metadata", {})
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    scene.require(total is None or type(total) in (int, float), "metadata.total_size", "is not a number")
    return weight_map, None if total is None else int(total)


def _is_text(value: object) -> bool:
    return isinstance(value, str)
