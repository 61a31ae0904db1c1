"""What pydantic finds wrong, told as faults with line, path and a suggestion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from apr_qa.playbook.marked_yaml import Fault, Marked, Path, dotted
from apr_qa.text import did_you_mean, one_line

_QUOTE_IT = " (write it in quotes)"


def faults_of(error: ValidationError, marked: Marked, shape: type[BaseModel]) -> Iterator[Fault]:
    """Yield one fault for each error, in the order of the file's lines."""
    found = []
    for item in error.errors(include_url=False):
        path = _path_in(marked.value, item["loc"])
        found.append(Fault(line=marked.line(path), path=dotted(path), problem=_problem(item, path, shape)))
    yield from sorted(found, key=lambda fault: (fault.line, fault.path))


def _path_in(value: Any, location: tuple[int | str, ...]) -> Path:
    """Return the steps of `location` that lead through the data; pydantic puts names of union members between."""
    path: list[int | str] = []
    for i, step in enumerate(location):
        if isinstance(value, Mapping) and (step in value or i == len(location) - 1):
            path.append(step)
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            path.append(step)
            value = value[step]
    return tuple(path)


def _problem(item: Any, path: Path, shape: type[BaseModel]) -> str:
    kind, given, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(str(path[-1]), known_keys(shape, path[:-1]))}"
    if kind == "missing":
        return "this key is required"
    if kind in ("enum", "literal_error"):
        choices = str(context.get("expected", ""))
        return f"{_shown(given)} is not one of {choices}{did_you_mean(str(given), _quoted(choices))}"
    if kind == "string_type":
        return f"{_shown(given)} is not a text{_QUOTE_IT if isinstance(given, int | float) else ''}"
    if kind == "value_error":
        return f"{_shown(given)} {context.get('error', 'is not valid')}"
    return f"{_shown(given)}: {item['msg'][:1].lower()}{item['msg'][1:]}"


def _shown(given: Any) -> str:
    return one_line(repr(given), 60)


def _quoted(choices: str) -> list[str]:
    return choices.split("'")[1::2]


def known_keys(shape: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that may stand at `path` in a file of this shape, of all forms that are possible there.

    None are returned where keys are free to choose.
    """
    shapes, is_free = [shape], False
    for step in path:
        if isinstance(step, int):
            continue
        if is_free:
            is_free = False
            continue
        fields = [model.model_fields[step].annotation for model in shapes if step in model.model_fields]
        is_free = any(_has_free_keys(annotation) for annotation in fields)
        shapes = [model for annotation in fields for model in _models_in(annotation)]
    return [] if is_free else [field.alias or name for model in shapes for name, field in model.model_fields.items()]


def _has_free_keys(annotation: Any) -> bool:
    return get_origin(annotation) is dict or any(_has_free_keys(part) for part in get_args(annotation))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
