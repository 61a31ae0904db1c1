"""The two models of a comparison: what lies at a path, and which of its tensors is which of the other's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apr_qa.catalog.families import family_specs
from apr_qa.contracts.mapping import Known, Pair, correspond, known
from apr_qa.contracts.recipes import CannotApplyError, Recipe
from apr_qa.errors import AprQaError
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.reference import apr_source, gguf_source
from apr_qa.reference.record import UnsupportedModel
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format
from apr_qa.vocab.families import FamilySpec
from apr_qa.weights import Header, Weights, open_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two models, open."""

    artefact: Artefact
    weights: Weights
    config: Mapping[str, Any]
    """config.json for SafeTensors; for the others what their own metadata say, under the same names."""

    @property
    def header(self) -> Header:
        """The header without tensors that are named and not stored."""
        held = {name: info for name, info in self.weights.tensors.items() if info.size_bytes}
        return replace(self.weights.header, tensors=held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Which tensors belong together."""

    pairs: tuple[Pair, ...]
    """Tensors of the other side, and the recipe that makes them of the `truth` side's."""
    truth_is_first: bool
    only_in_truth: tuple[str, ...]
    only_in_other: tuple[str, ...]
    misshapen: Mapping[str, str]
    """Tensors of the other side with another shape than their partner makes, and both shapes in words."""
    family: str
    numbers: Mapping[str, Any]


def open_side(path: Path) -> Side:
    """Open what lies at `path`; of a folder with several formats SafeTensors first, then APR.

    Raises InputError for a path without weights, MalformedWeights for broken ones.
    """
    artefacts = locate(path, Wanted()).artefacts
    artefact = next(artefacts[form] for form in Format if form in artefacts)
    weights = open_weights(artefact.path)
    return Side(artefact=artefact, weights=weights, config=_config(artefact, weights))


def _config(artefact: Artefact, weights: Weights) -> dict[str, Any]:
    try:
        if artefact.format is Format.APR:
            return apr_source.config_of(weights)
        if artefact.format is Format.GGUF:
            dialect = gguf_source.dialect_of(weights)
            return {**_family_words(weights), **gguf_source.config_of(weights, dialect)}
    except UnsupportedModel:
        return {}
    return read_object(artefact.folder / "config.json")


def _family_words(weights: Weights) -> dict[str, Any]:
    arch = weights.metadata.get("general.architecture")
    specs = [spec for spec in family_specs().values() if spec.gguf and spec.gguf.arch == arch]
    return {"model_type": specs[0].model_types[0]} if specs and specs[0].model_types else {}


def read_object(file: Path) -> dict[str, Any]:
    """Return the JSON object in `file`; empty when there is none that can be read."""
    try:
        value = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def match(first: Side, second: Side) -> Matched:
    """Return which tensors belong together, by name, or as the family's transform map says between formats.

    Raises AprQaError where names differ and no family file describes the model.
    """
    model = known(first.config) or known(second.config)
    if first.artefact.format is second.artefact.format:
        return _by_name(first, second, model)
    truth_is_first = _holds_hf_names(first, second)
    truth, other = (first, second) if truth_is_first else (second, first)
    model = known(truth.config) or known(other.config)
    if model is None and other.artefact.format is not Format.GGUF:
        return _by_name(first, second, None)
    if model is None:
        raise AprQaError(
            "no family file describes this model, so its names in GGUF cannot be matched",
            where=other.artefact.path.name,
            remedy="Compare two files of one format, or describe the family in catalog/families.",
        )
    try:
        mapped = correspond(model, truth.header, other.header)
    except CannotApplyError as error:
        raise AprQaError(f"the declared numbers cannot be right: {error}", where=truth.artefact.path.name) from None
    lost = [name for sources in mapped.missing.values() for name in sources]
    return Matched(
        pairs=mapped.pairs,
        truth_is_first=truth_is_first,
        only_in_truth=(*dict.fromkeys(lost), *mapped.unknown),
        only_in_other=mapped.extra,
        misshapen=mapped.misshapen,
        family=model.spec.name,
        numbers=model.numbers,
    )


def _holds_hf_names(first: Side, second: Side) -> bool:
    """Return whether the first is the one to go by: SafeTensors before APR before GGUF."""
    order = list(Format)
    return order.index(first.artefact.format) < order.index(second.artefact.format)


def _by_name(first: Side, second: Side, model: Known | None) -> Matched:
    ours, theirs = first.header.tensors, second.header.tensors
    roles = _roles(model.spec) if model else ()
    common = [name for name in ours if name in theirs]
    return Matched(
        pairs=tuple(_same(name, ours[name].shape, roles) for name in common if ours[name].shape == theirs[name].shape),
        truth_is_first=True,
        only_in_truth=tuple(name for name in ours if name not in theirs),
        only_in_other=tuple(name for name in theirs if name not in ours),
        misshapen={
            name: f"is {list(theirs[name].shape)} in the second, {list(ours[name].shape)} in the first"
            for name in common
            if ours[name].shape != theirs[name].shape
        },
        family=model.spec.name if model else "",
        numbers=model.numbers if model else {},
    )


def _roles(spec: FamilySpec) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return patterns of names, as any format writes them, with their roles."""
    return tuple(
        (re.compile(re.escape(name).replace(r"\{n\}", r"(?P<n>\d+)").replace(r"\{i\}", r"\d+")), tensor.role)
        for tensor in spec.tensors
        for name in _names(tensor.hf, *(written.name for written in tensor.gguf))
    )


def _names(*names: str) -> Iterator[str]:
    yield from dict.fromkeys(names)


def _same(name: str, shape: tuple[int, ...], roles: tuple[tuple[re.Pattern[str], str], ...]) -> Pair:
    role, layer = "", None
    for pattern, found in roles:
        if hit := pattern.fullmatch(name):
            role, number = found, hit.groupdict().get("n")
            layer = int(number) if number else None
            break
    return Pair(name=name, role=role, layer=layer, ops=(), made=Recipe(sources=(name,), shape=shape))
