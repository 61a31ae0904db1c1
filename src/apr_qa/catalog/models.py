"""The models of the registry, and how a user's words find them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import cache

from apr_qa.catalog import _data
from apr_qa.errors import InputError
from apr_qa.text import did_you_mean
from apr_qa.vocab.axes import SizeClass
from apr_qa.vocab.catalog import KnownModel

_REMEDY = "`apr-qa list` shows every model, family and size."


@cache
def known_models() -> tuple[KnownModel, ...]:
    """Return every model of the packaged list, in its order."""
    rows = csv.DictReader(_data.text("models.csv").splitlines())
    return tuple(
        KnownModel(
            model=row["model_id"],
            family=row["family"],
            parameters=row["parameters"],
            size=SizeClass(row["size_category"]),
            local=row["local"],
        )
        for row in rows
    )


@cache
def aliases() -> dict[str, tuple[str, ...]]:
    """Return other names by lower-case alias; each stands for families and beginnings of model ids."""
    return {name: tuple(stands_for) for name, stands_for in _data.document("aliases.yaml").items()}


def families() -> tuple[str, ...]:
    """Return the names of all families, each once, in the order of the list."""
    return tuple(dict.fromkeys(model.family for model in known_models()))


def find(selector: str) -> tuple[KnownModel, ...]:
    """Return the models that `selector` names: a family, `family/size`, an alias, or a model id; any case.

    Raises InputError for a name that nothing answers to.
    """
    wanted = selector.strip().lower()
    if by_id := [model for model in known_models() if wanted == model.model.lower()]:
        return tuple(by_id)
    name, _, size = wanted.partition("/")
    members = _members(name)
    if not members or (size and not size[0].isdigit()):
        raise _unknown(selector, wanted, name)
    if not size:
        return members
    return _of_size(selector, members, size)


def _members(name: str) -> tuple[KnownModel, ...]:
    names = aliases().get(name, (name,))
    by_name = tuple(model for model in known_models() if _is_one_of(model, names))
    return by_name or tuple(model for model in known_models() if model.model.lower().partition("/")[2] == name)


def _is_one_of(model: KnownModel, names: Iterable[str]) -> bool:
    return any(model.model.startswith(name) if "/" in name else model.family == name for name in names)


def _of_size(selector: str, members: Sequence[KnownModel], size: str) -> tuple[KnownModel, ...]:
    if found := tuple(model for model in members if model.parameters.lower() == size):
        return found
    sizes = ", ".join(dict.fromkeys(model.parameters for model in members))
    raise InputError(f"{selector!r}: this family comes in the sizes {sizes}", remedy=_REMEDY)


def _unknown(selector: str, wanted: str, name: str) -> InputError:
    ids = {model.model.lower(): model.model for model in known_models()}
    if hint := did_you_mean(wanted, ids) if "/" in wanted else "":
        return InputError(f"no model is called {selector!r}{hint}", remedy=_REMEDY)
    hint = did_you_mean(name, [*families(), *aliases()])
    return InputError(f"no family or model is called {selector!r}{hint}", remedy=_REMEDY)
