"""A folder is a registry: list a room's modules and return the records they hold."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from importlib.metadata import entry_points
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
OPEN = ("apr_qa.engines", "apr_qa.gates", "apr_qa.oracles")
"""Rooms that take plug-ins of other packages: each is the name of an entry-point group, too."""


def admit(name: str) -> str:
    """Let the plug-in that other packages offer as `name` into its rooms; return it with its package and version.

    Nothing is loaded that the user did not name. Raises RoomError when nobody offers it, when it holds no record, and
    when a record bears a name that is taken.
    """
    offers = [(room, entry) for room in OPEN for entry in entry_points(group=room, name=name)]
    if not offers:
        raise RoomError(f"no installed package offers a plug-in called {name!r} in {', '.join(OPEN)}")
    for room, entry in offers:
        loaded = entry.load()
        for guest in loaded if isinstance(loaded, tuple) else (loaded,):
            _seat(room, guest, f"plug-in {name!r}, {entry.value}")
    packages = {f"{entry.dist.name} {entry.dist.version}" for _, entry in offers if entry.dist}
    return f"{name} ({', '.join(sorted(packages))})"


def _seat(room: str, guest: Any, who: str) -> None:
    kind = type(guest)
    if not name_of(guest):
        raise RoomError(f"{who}: {kind.__name__} is no record of {room}")
    present = furnish(room, kind)
    if any(guest is other for other in present):
        return
    if name_of(guest) in map(name_of, present):
        raise RoomError(f"{who}: the name {name_of(guest)} is taken")
    _FURNISHED[room] = (*present, guest)


def name_of(record: Any) -> str:
    """Return a record's name, or a gate's id; empty for what is no record."""
    return str(getattr(record, "name", "") or getattr(getattr(record, "spec", None), "id", ""))


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
