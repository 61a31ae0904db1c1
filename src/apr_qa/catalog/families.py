"""The families whose tensors are known: which config belongs to which, and what its names stand for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apr_qa.catalog import _data
from apr_qa.catalog.expressions import evaluate
from apr_qa.errors import InputError
from apr_qa.vocab.families import FamilySpec


@cache
def family_specs() -> Mapping[str, FamilySpec]:
    """Return every family by its name, sorted. Raises InputError when the data is not sound."""
    return MappingProxyType({name: parse_family(name, _data.document(f"families/{name}.yaml")) for name in _names()})


def _names() -> list[str]:
    return list(_data.stems("families"))


def parse_family(name: str, data: Mapping[str, Any]) -> FamilySpec:
    """Return the family that `data` describes. Raises InputError, naming the family and the field."""
    tensors = [{**tensor, "gguf": _written(tensor.get("gguf"))} for tensor in data["tensors"]]
    try:
        return TypeAdapter(FamilySpec).validate_python({**data, "name": name, "tensors": tensors})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=f"family {name}") from None


def _written(value: Any) -> list[dict[str, Any]]:
    """Return how a format writes a tensor; the file says a name, or names with their steps."""
    if value is None:
        return []
    if isinstance(value, str):
        return [{"name": value}]
    return [{"name": name, "ops": ops} for name, ops in value.items()]


def family_for(config: Mapping[str, Any]) -> FamilySpec | None:
    """Return the family of a `config.json`: by `architectures`, then by `model_type`; None when none is known."""
    asked = config.get("architectures")
    classes = set(asked) if isinstance(asked, list) and all(isinstance(a, str) for a in asked) else set()
    specs = family_specs().values()
    for spec in specs:
        if classes & set(spec.architectures):
            return spec
    kind = config.get("model_type")
    return next((spec for spec in specs if kind in spec.model_types), None)


def numbers(spec: FamilySpec, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the names in the family's expressions stand for in this config, the nested text model's first."""
    nested = config.get("text_config")
    stated = {**config, **nested} if isinstance(nested, dict) else dict(config)
    found = {**spec.defaults, **{key: value for key, value in stated.items() if value is not None}}
    for name, expression in spec.dims.items():
        value = evaluate(expression, found)
        if value is not None:
            found[name] = value
    return found
