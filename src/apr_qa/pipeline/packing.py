"""Which questions go into which shard: longest first, by predicted minutes, memory and files already at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from apr_qa.errors import InputError
from apr_qa.vocab.axes import Backend, Format
from apr_qa.vocab.shards import SHARDS_LIMIT, Runner

MINUTES_A_SHARD = 20.0
"""What a shard should take when nobody says how many there should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Questions that stay together, or the claims that files alone decide (then without questions)."""

    model: int
    backend: Backend
    formats: tuple[Format, ...]
    scenarios: tuple[str, ...]
    minutes: float
    fetch_minutes: float
    """What it costs to have its files at hand, once a shard."""
    memory_bytes: int


@dataclass(slots=True, kw_only=True)
class Box:
    """A shard while it is filled."""

    model: int
    runner: Runner
    units: list[Unit] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        """Of all its units, each format fetched once."""
        fetched = {unit.formats: unit.fetch_minutes for unit in self.units}
        return sum(unit.minutes for unit in self.units) + sum(fetched.values())


K = TypeVar("K")
Group = tuple[int, int]
"""A model and a kind of machine: nothing else may share a shard."""


def pack(units: Sequence[Unit], runners: Sequence[Runner], count: int | None = None) -> list[Box]:
    """Return filled boxes, those of one model together, in the order of `units`; equal input, equal boxes.

    `count` boxes are made where the units allow it, and at least one for each model and kind of machine. None: as
    many as keep each near `MINUTES_A_SHARD`. Raises InputError when no runner holds a unit, or over the limit.
    """
    groups: dict[Group, list[Unit]] = {}
    for unit in units:
        groups.setdefault((unit.model, _runner_for(unit, runners)), []).append(unit)
    if max(len(groups), count or 0) > SHARDS_LIMIT:
        raise InputError(
            f"{max(len(groups), count or 0)} shards: a matrix holds at most {SHARDS_LIMIT} jobs",
            remedy="Name fewer models or backends, or a smaller --shards.",
        )
    boxes = []
    for group, places in _places(groups, count).items():
        boxes += _filled(groups[group], places, Box(model=group[0], runner=runners[group[1]]))
    return boxes


def _runner_for(unit: Unit, runners: Sequence[Runner]) -> int:
    """Index of the smallest machine that holds the unit."""
    fitting = [
        (runner.memory_bytes or math.inf, number)
        for number, runner in enumerate(runners)
        if runner.backend is unit.backend and unit.memory_bytes <= (runner.memory_bytes or math.inf)
    ]
    if not fitting:
        raise InputError(
            f"no runner for {unit.backend} holds {unit.memory_bytes / 1e9:.1f} GB ({', '.join(unit.formats)})",
            where="--runners",
            remedy="Name one with more memory: --runners cpu:256=self-hosted,big (GB), or without a figure.",
        )
    return min(fitting)[1]


def _places(groups: Mapping[K, Sequence[Unit]], count: int | None) -> dict[K, int]:
    """How many boxes each group gets: one, then one more for whoever's are the fullest."""
    minutes = {group: sum(unit.minutes + unit.fetch_minutes for unit in found) for group, found in groups.items()}
    wanted = count or min(SHARDS_LIMIT, sum(math.ceil(m / MINUTES_A_SHARD) or 1 for m in minutes.values()))
    places = dict.fromkeys(groups, 1)
    while sum(places.values()) < wanted:
        able = [group for group in groups if places[group] < len(groups[group])]
        if not able:
            break
        fullest = max(able, key=lambda group: minutes[group] / places[group])
        places[fullest] += 1
    return places


def _filled(units: Sequence[Unit], places: int, empty: Box) -> list[Box]:
    """Where there are boxes enough, each holds one format; else formats stay whole as long as they can."""
    by_files: dict[tuple[Format, ...], list[Unit]] = {}
    for unit in units:
        by_files.setdefault(unit.formats, []).append(unit)
    if places >= len(by_files) > 1:
        shares = _places(by_files, places)
        return [box for files, share in shares.items() for box in _filled(by_files[files], share, empty)]
    lumps = [[unit] for unit in units] if len(by_files) == 1 else list(by_files.values())
    boxes = [Box(model=empty.model, runner=empty.runner) for _ in range(places)]
    for lump in sorted(lumps, key=lambda lump: (-sum(unit.minutes for unit in lump), lump[0].scenarios)):
        min(boxes, key=lambda box: (box.minutes, len(box.units))).units.extend(lump)
    return [box for box in boxes if box.units]
