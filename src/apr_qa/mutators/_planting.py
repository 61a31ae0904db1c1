"""Planting: open the file of a place, let an edit change it, write it back, and see what really changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apr_qa.mutators._apr import open_apr
from apr_qa.mutators._follow import APR, GGUF, TRUTH, follow, read_json
from apr_qa.mutators._gguf import open_gguf
from apr_qa.mutators._names import canonical_name, gguf_name
from apr_qa.mutators._safetensors import open_safetensors
from apr_qa.mutators._tensors import Stored
from apr_qa.vocab.mutators import Applied, Place

Apply = Callable[[Path, Place, int], Applied]
_FOLDERS = {Place.GGUF: GGUF, Place.APR: APR, Place.SAFETENSORS: TRUTH, Place.TRUTH: TRUTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What an edit of weights works on."""

    tensors: dict[str, Stored]
    """By canonical name; change, replace, delete."""
    config: Mapping[str, Any]
    random: np.random.Generator


def weights(edit: Callable[[Plot], None]) -> Apply:
    """Return the `apply` of a mutator that edits tensors, wherever it is planted."""

    def apply(folder: Path, place: Place, seed: int) -> Applied:
        config = read_json(folder / TRUTH / "config.json")
        opened = _open(folder, place)
        named = canonical_name if place is Place.GGUF else str
        plot = Plot(
            tensors={named(name): tensor for name, tensor in opened.tensors.items() if tensor.data},
            config=config,
            random=np.random.default_rng(seed),
        )
        empty = {name: tensor for name, tensor in opened.tensors.items() if not tensor.data}
        before = {name: tensor.copied() for name, tensor in plot.tensors.items()}
        edit(plot)
        stored = gguf_name if place is Place.GGUF else str
        opened.tensors = empty | {stored(name): tensor for name, tensor in plot.tensors.items()}
        opened.save()
        changed = [name for name in before | plot.tensors if before.get(name) != plot.tensors.get(name)]
        if place is Place.TRUTH:
            follow(folder)
        return Applied(tensors=tuple(stored(name) for name in changed))

    return apply


def gguf_keys(**changes: str | float | bool | None) -> Apply:
    """Return the `apply` that sets keys of the GGUF file; `__` in a name is a dot, `ARCH` the architecture.

    None removes a key.
    """

    def apply(folder: Path, _place: Place, _seed: int) -> Applied:
        gguf = open_gguf(folder / GGUF)
        arch = gguf.text("general.architecture")
        for name, value in changes.items():
            key = name.replace("__", ".").replace("ARCH", arch)
            if value is None:
                del gguf.keys[key]
            else:
                gguf.set(key, value)
        gguf.save()
        return Applied()

    return apply


def numbers(key: str, apr_key: str, change: Callable[[float], float]) -> Apply:
    """Return the `apply` that changes one number of the metadata, in the GGUF or in the APR file."""

    def apply(folder: Path, place: Place, seed: int) -> Applied:
        if place is Place.APR:
            apr = open_apr(folder / APR)
            apr.say(**{apr_key.replace(".", "__"): change(apr.said[apr_key])})
            apr.save()
            return Applied()
        healthy = read_json(folder / TRUTH / "config.json")[apr_key]
        return gguf_keys(**{f"ARCH__{key}": change(healthy)})(folder, place, seed)

    return apply


def small_file(name: str, change: Callable[[dict[str, Any]], object]) -> Apply:
    """Return the `apply` that edits a JSON file of the ground truth; `change` works in place."""

    def apply(folder: Path, place: Place, _seed: int) -> Applied:
        file = folder / TRUTH / name
        value = read_json(file)
        change(value)
        file.write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf-8")
        if place is Place.TRUTH:
            follow(folder)
        return Applied()

    return apply


def settings(name: str, **changes: Any) -> Apply:
    """Return the `apply` that sets keys of a JSON file of the ground truth; None removes a key."""

    def change(value: dict[str, Any]) -> None:
        value |= changes
        for key in [key for key, wanted in changes.items() if wanted is None]:
            del value[key]

    return small_file(name, change)


def raw(change: Callable[[bytearray], object]) -> Apply:
    """Return the `apply` that edits the weights file of a place as bytes."""

    def apply(folder: Path, place: Place, _seed: int) -> Applied:
        (file,) = (path for path in (folder / _FOLDERS[place]).iterdir() if path.suffix in _SUFFIXES)
        data = bytearray(file.read_bytes())
        change(data)
        file.write_bytes(bytes(data))
        return Applied()

    return apply


_SUFFIXES = (".gguf", ".apr", ".safetensors")


def _open(folder: Path, place: Place) -> Any:
    opener = {Place.GGUF: open_gguf, Place.APR: open_apr}.get(place, open_safetensors)
    return opener(folder / _FOLDERS[place])
