"""I-2: which tensor of another file comes from which of the ground truth, one to one, as the family declares it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from apr_qa.catalog.expressions import evaluate
from apr_qa.catalog.families import family_for, numbers
from apr_qa.contracts.recipes import CannotApplyError, Recipe, recipe, with_rows
from apr_qa.vocab.families import FamilySpec, Op, TensorSpec, Written
from apr_qa.weights import Header

LAYER_LIMIT = 4096
"""More layers, or more tensors of one kind in a layer, than any model has."""
HEADS = {"gguf": "output.weight", "apr": "lm_head.weight", "safetensors": "lm_head.weight"}
"""Where a format stores an output head of its own."""
_SAME_NAMES = ("apr", "safetensors")
"""Formats that keep Hugging Face's names, tensor for tensor."""
_NO_WEIGHTS = ("*.rotary_emb.inv_freq", "*.attention.bias", "*.attention.masked_bias")
"""Buffers that older files hold besides the weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model whose tensors are known: its family and what its config says."""

    spec: FamilySpec
    numbers: Mapping[str, Any]


def known(config: Mapping[str, Any]) -> Known | None:
    """Return what is known of the model with this `config.json`; None when no family file describes it."""
    spec = family_for(config)
    return None if spec is None else Known(spec=spec, numbers=numbers(spec, config))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One tensor of the other file and what it is made of."""

    name: str
    role: str
    layer: int | None
    ops: tuple[Op, ...]
    made: Recipe
    """As declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """What belongs together, and everything that has no partner."""

    pairs: tuple[Pair, ...]
    missing: Mapping[str, tuple[str, ...]]
    """Tensors that the other file should hold, with the ground-truth tensors that they come from."""
    extra: tuple[str, ...]
    """Tensors of the other file that come from nothing."""
    unknown: tuple[str, ...]
    """Tensors of the ground truth that the family does not know: a gap in our data, not a fault of the model."""
    lacking: tuple[str, ...]
    """Tensors that the family demands and the ground truth does not hold."""
    misshapen: Mapping[str, str]
    """Tensors of the other file whose shape is not what its sources make, with the reason in words."""
    tied: bool
    """The other file holds no output head of its own and uses the embedding."""


@dataclass(frozen=True, slots=True)
class _Found:
    spec: TensorSpec
    layer: int | None
    sources: tuple[str, ...]


def correspond(model: Known, truth: Header, other: Header) -> Correspondence:
    """Return how the tensors of `other`, in any format, correspond to those of `truth` (SafeTensors).

    Raises CannotApplyError when the declared numbers are out of all proportion.
    """
    found, lacking = _in_truth(model, truth)
    pairs: dict[str, Pair] = {}
    missing: dict[str, tuple[str, ...]] = {}
    misshapen: dict[str, str] = {}
    for item, written in ((found_one, w) for found_one in found for w in _written(found_one, other.format)):
        if not _holds(other, written.name):
            if item.spec.role != "lm_head" or model.numbers.get("tie_word_embeddings") is not True:
                missing[written.name] = item.sources
            continue
        try:
            pairs[written.name] = _pair(item, written, model.numbers, (truth, other))
        except CannotApplyError as error:
            misshapen[written.name] = str(error)
    head = HEADS[other.format]
    if head not in pairs and head not in misshapen and _holds(other, head):
        _tie(pairs, head, other)
    spec, used = model.spec, {name for item in found for name in item.sources}
    accounted = {*pairs, *misshapen, *(spec.gguf.extra if spec.gguf and other.format == "gguf" else ())}
    return Correspondence(
        pairs=tuple(pairs.values()),
        missing=missing,
        extra=tuple(n for n, t in other.tensors.items() if n not in accounted and t.size_bytes),
        unknown=tuple(n for n in truth.tensors if n not in used and not _ignored(n, spec)),
        lacking=lacking,
        misshapen=misshapen,
        tied=not _holds(other, head),
    )


def _holds(header: Header, name: str) -> bool:
    """An APR file names a tied head without storing it."""
    return name in header.tensors and header.tensors[name].size_bytes > 0


def _in_truth(model: Known, truth: Header) -> tuple[tuple[_Found, ...], tuple[str, ...]]:
    spec, stated = model.spec, model.numbers
    found: list[_Found] = []
    lacking: list[str] = []
    for tensor, layer in _expanded(spec, stated):
        names = _names(tensor, layer, stated)
        spelt = [_spelling(name, spec, truth) for name in names]
        held = tuple(name for name in spelt if name is not None)
        if len(held) == len(names) and held:
            found.append(_Found(tensor, layer, held))
        elif _wanted(tensor, layer, stated):
            lacking += [name for name, known in zip(names, spelt, strict=True) if known is None]
    return tuple(found), tuple(lacking)


def _expanded(spec: FamilySpec, stated: Mapping[str, Any]) -> Iterator[tuple[TensorSpec, int | None]]:
    for tensor in spec.tensors:
        if "{n}" not in tensor.hf:
            yield tensor, None
            continue
        for layer in range(_bounded(tensor.layers, stated)):
            yield tensor, layer


def _bounded(expression: str, stated: Mapping[str, Any]) -> int:
    value = evaluate(expression, stated)
    if type(value) is not int or not 0 <= value <= LAYER_LIMIT:
        raise CannotApplyError(f"{expression} is declared as {str(value)[:40]}, which no model has")
    return value


def _names(tensor: TensorSpec, layer: int | None, stated: Mapping[str, Any]) -> tuple[str, ...]:
    name = tensor.hf.replace("{n}", str(layer))
    if "{i}" not in name:
        return (name,)
    if not _wanted(tensor, layer, stated):
        return ()
    return tuple(name.replace("{i}", str(i)) for i in range(_bounded(tensor.count, stated)))


def _wanted(tensor: TensorSpec, layer: int | None, stated: Mapping[str, Any]) -> bool:
    return not tensor.when or bool(evaluate(tensor.when, {**stated, "n": layer}))


def _spelling(name: str, spec: FamilySpec, truth: Header) -> str | None:
    if name in truth.tensors:
        return name
    for start, others in spec.spellings.items():
        if name.startswith(start):
            rest = name.removeprefix(start)
            return next((other + rest for other in others if other + rest in truth.tensors), None)
    return None


def _ignored(name: str, spec: FamilySpec) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in (*_NO_WEIGHTS, *spec.ignored))


def _written(item: _Found, form: str) -> Iterator[Written]:
    if form in _SAME_NAMES:
        yield from (Written(name=name) for name in item.sources)
        return
    for written in item.spec.gguf:
        yield Written(name=written.name.replace("{n}", str(item.layer)), ops=written.ops)


def _pair(item: _Found, written: Written, stated: Mapping[str, Any], files: tuple[Header, Header]) -> Pair:
    truth, other = files
    sources = (written.name,) if other.format in _SAME_NAMES else item.sources
    shapes = {truth.tensors[name].shape for name in sources}
    if len(shapes) != 1:
        raise CannotApplyError(f"its sources have different shapes: {sorted(shapes)[:3]}")
    made = recipe(sources, shapes.pop(), written.ops, stated)
    here = other.tensors[written.name].shape
    if Op.CUT_ROWS in written.ops and here[1:] == made.shape[1:] and here[0] <= made.shape[0]:
        made = with_rows(made, np.arange(here[0]))
    if here != made.shape:
        turned = ", the same turned round" if here == made.shape[::-1] else ""
        raise CannotApplyError(f"is {list(here)}{turned}; {', '.join(sources[:2])} makes {list(made.shape)}")
    return Pair(name=written.name, role=item.spec.role, layer=item.layer, ops=written.ops, made=made)


def _tie(pairs: dict[str, Pair], head: str, other: Header) -> None:
    """A head of its own where the embeddings are tied must be the embedding again."""
    embedding = next((p for p in pairs.values() if p.role in ("embedding", "embed_tokens")), None)
    if embedding is not None and other.tensors[head].shape == embedding.made.shape:
        pairs[head] = Pair(name=head, role="lm_head", layer=None, ops=embedding.ops, made=embedding.made)
