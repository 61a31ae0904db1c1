"""A folder is a registry: list a room's modules and return the records they hold."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class RoomError(Exception):
    """A plug-in file that does not hold what its room asks for: our bug, or a broken third-party plug-in."""


def furnish(room: str, record: type[T]) -> tuple[T, ...]:
    """Return the records of type `record` that the modules of package `room` hold, in the order of file names.

    A module holds one record, or a tuple of them, under any public name. Raises RoomError when it holds none.
    """
    if room not in _FURNISHED:
        _FURNISHED[room] = tuple(_list(room, record))
    return _FURNISHED[room]


_FURNISHED: dict[str, tuple[Any, ...]] = {}


def _list(room: str, record: type[T]) -> Iterator[T]:
    package = importlib.import_module(room)
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if entry.name.startswith("_") or entry.ispkg:
            continue
        records = _records(importlib.import_module(f"{room}.{entry.name}"), record)
        if not records:
            raise RoomError(f"{room}.{entry.name}: expected one {record.__name__} or a tuple of them, found none")
        yield from records


def _records(module: Any, record: type[T]) -> list[T]:
    found: list[T] = []
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(value, record):
            found.append(value)
        elif isinstance(value, tuple) and value and all(isinstance(item, record) for item in value):
            found += value
    return found


def by_name(room: str, record: type[T], name: str) -> T | None:
    """Return the record of `room` whose `name` (or gate id) is `name`, or None."""
    for item in furnish(room, record):
        if name in (getattr(item, "name", None), getattr(getattr(item, "spec", None), "id", None)):
            return item
    return None
