"""Placeholders of playbook templates: `${MODEL_ID}`, `${MODEL_NAME}`, `${HF_REPO}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from apr_qa.errors import InputError
from apr_qa.playbook.marked_yaml import Fault, Marked, Path, dotted
from apr_qa.text import did_you_mean

PLACEHOLDERS = ("MODEL_ID", "MODEL_NAME", "HF_REPO")
_PLACE = re.compile(r"\$\{(" + "|".join(PLACEHOLDERS) + r")\}")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
"""Nothing that could change the meaning of the YAML around it."""


def fill_template(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with every placeholder filled. Raises InputError for a missing, unknown or unusable value."""
    for name, value in values.items():
        if name not in PLACEHOLDERS:
            raise InputError(f"templates have no placeholder {name}{did_you_mean(name, PLACEHOLDERS)}")
        if not _SAFE.fullmatch(value):
            raise InputError(
                f"{name}={value!r} cannot stand in a playbook", remedy="Use letters, digits and ._/- only."
            )
    if missing := sorted(set(_PLACE.findall(text)) - set(values)):
        raise InputError(f"the template needs a value for {', '.join(missing)}")
    return _PLACE.sub(lambda match: values[match[1]], text)


def unfilled(marked: Marked) -> Iterator[Fault]:
    """Yield a fault for each value that still holds a placeholder."""
    yield from _unfilled(marked.value, (), marked)


def _unfilled(value: object, path: Path, marked: Marked) -> Iterator[Fault]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _unfilled(item, (*path, key), marked)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _unfilled(item, (*path, i), marked)
    elif isinstance(value, str) and (found := _PLACE.search(value)):
        problem = f"{found[0]} is not filled in: this is a template, copy it and write the model's name there"
        yield Fault(line=marked.line(path), path=dotted(path), problem=problem)
