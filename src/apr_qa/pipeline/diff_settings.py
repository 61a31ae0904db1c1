"""What two models say besides their tensors: configs, tokenizers, templates, and the metadata of their headers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apr_qa.catalog.families import family_for
from apr_qa.pipeline.diff_sides import Side, read_object
from apr_qa.vocab.axes import Format

FLOAT32 = 1e-6
"""Relative difference that storing a number as float32 may make."""
_JSON = ("config.json", "generation_config.json", "tokenizer_config.json")
_WHOLE = ("tokenizer.json", "chat_template.jinja")
_DESCRIBES = ("general.", "quantize.", "split.", "transformers_version", "torch_dtype", "dtype", "_name_or_path")
_DESCRIBES_APR = ("name", "license", "data_", "total_size", "param_count", "tensor_shapes", "source_metadata", "quant")
"""How keys begin that describe a file and change no answer."""
_SCALING = "rope_scaling.factor"
"""Declared by one side alone it is a difference: no scaling is what both mean by saying nothing."""
_TOKENS = {"eos_token_id": "tokenizer.ggml.eos_token_id", "bos_token_id": "tokenizer.ggml.bos_token_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that the two say differently."""

    where: str
    """`config.json`, or `metadata`."""
    key: str
    first: str
    second: str
    counts: bool
    """False for what describes the file and changes no answer."""


def settings(first: Side, second: Side) -> tuple[Setting, ...]:
    """Return what differs; what only one side carries differs for metadata and keys, not for whole files."""
    if first.artefact.format is second.artefact.format:
        found = [*_keys("metadata", first.weights.metadata, second.weights.metadata, first.artefact.format)]
    else:
        found = [*_declared(first, second)]
    return (*_files(first.artefact.folder, second.artefact.folder), *found)


def _files(ours: Path, theirs: Path) -> Iterator[Setting]:
    if ours == theirs:
        return
    for name in _JSON:
        if (ours / name).is_file() and (theirs / name).is_file():
            yield from _keys(name, read_object(ours / name), read_object(theirs / name), None)
    for name in _WHOLE:
        if not ((ours / name).is_file() and (theirs / name).is_file()):
            continue
        equal = (ours / name).read_bytes() == (theirs / name).read_bytes()
        if not equal and (not name.endswith(".json") or read_object(ours / name) != read_object(theirs / name)):
            yield Setting(where=name, key="", first="differs", second="differs", counts=True)


def _keys(where: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], form: Format | None) -> Iterator[Setting]:
    describes = _DESCRIBES_APR if form is Format.APR else _DESCRIBES
    flat_ours, flat_theirs = dict(_flat(ours)), dict(_flat(theirs))
    for key in dict.fromkeys((*flat_ours, *flat_theirs)):
        a, b = flat_ours.get(key), flat_theirs.get(key)
        if not _equal(a, b):
            about = key.startswith(describes) or form is Format.SAFETENSORS
            yield Setting(where=where, key=key, first=_words(a, b), second=_words(b, a), counts=not about)


def _flat(values: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{start}{key}.")
        else:
            yield f"{start}{key}", value


def _declared(first: Side, second: Side) -> Iterator[Setting]:
    """Yield numbers that both formats declare, each in its own way."""
    ours, theirs = _stated(first), _stated(second)
    for key in sorted(ours.keys() & theirs.keys() | {key for key in (*ours, *theirs) if key == _SCALING}):
        a, b = ours.get(key), theirs.get(key)
        same = b in a if isinstance(a, list) else a in b if isinstance(b, list) else _equal(a, b)
        if type(a) is not str and not same:
            yield Setting(where="declared", key=key, first=_words(a, b), second=_words(b, a), counts=True)


def _stated(side: Side) -> dict[str, Any]:
    """The config with what GGUF and APR keep elsewhere, under the same names; None is not declared."""
    told = dict(side.config)
    spec = family_for(told)
    if spec and spec.keys.eps and "gguf.eps" in told:
        told[spec.keys.eps] = told["gguf.eps"]
    scaling = told.get("rope_scaling")
    if isinstance(scaling, Mapping) and scaling.get("rope_type", scaling.get("type")) in ("linear", "yarn"):
        told[_SCALING] = scaling.get("factor")
    for key, name in _TOKENS.items():
        value = side.weights.metadata.get(name, side.weights.metadata.get(name.replace(".ggml", "")))
        if value is not None:
            told[key] = value
    return {key: value for key, value in told.items() if value is not None and not isinstance(value, Mapping)}


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        numbers = isinstance(a, int | float) and isinstance(b, int | float)
        return numbers and math.isclose(a, b, rel_tol=FLOAT32)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return list(a) == list(b)
    return bool(a == b)


def _words(value: Any, other: Any) -> str:
    """Return a value in words; of long lists the first place where the other has something else."""
    if isinstance(value, list | tuple) and len(value) > 8:
        if isinstance(other, list | tuple) and len(other) == len(value):
            place = next(i for i, (a, b) in enumerate(zip(value, other, strict=True)) if a != b)
            return f"{len(value)} items, number {place} {value[place]!r}"
        return f"{len(value)} items"
    return "absent" if value is None else repr(value)
