"""What a run has seen so far: it lies in the journal and is read from there again, but for the last few."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from apr_qa.vocab.observation import Observation

T = TypeVar("T")
RECENT = 256
"""Observations held; most claims ask for what was said a moment ago."""


class Seen(Mapping[str, Observation]):
    """Observations by scenario; a number each in memory."""

    def __init__(self, read: Callable[[int], Observation]) -> None:
        """`read`: from a place in the journal to the observation there."""
        self._read = read
        self._places: dict[str, int] = {}
        self._recent: dict[str, Observation] = {}

    def put(self, scenario: str, place: int, observation: Observation | None = None) -> None:
        """Note where an observation lies."""
        self._places[scenario] = place
        if observation is not None:
            _remember(self._recent, scenario, observation)

    def __getitem__(self, scenario: str) -> Observation:
        """Return the observation. Raises KeyError."""
        return self._recent.get(scenario) or self._read(self._places[scenario])

    def __contains__(self, scenario: object) -> bool:
        """Return whether it was asked, without reading."""
        return scenario in self._places

    def __iter__(self) -> Iterator[str]:
        """Yield the scenarios in the order in which they were first asked."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return how many were asked."""
        return len(self._places)


class Remade(Mapping[str, T]):
    """Values that can be made again from their names; equal ones are held once."""

    def __init__(self, names: Mapping[str, object], make: Callable[[str], T], alike: Callable[[T], object]) -> None:
        """`alike`: a key of what is worth to be held once."""
        self._names, self._make, self._alike = names, make, alike
        self._held: dict[str, T] = {}
        self._pool: dict[object, T] = {}

    def put(self, name: str, value: T) -> T:
        """Hold a value, and return it or an equal one."""
        shared = self._pool.setdefault(self._alike(value), value)
        self._held[name] = shared if shared == value else value
        return self._held[name]

    def __getitem__(self, name: str) -> T:
        """Return the value, made anew where it is not held. Raises KeyError."""
        if name in self._held:
            return self._held[name]
        if name not in self._names:
            raise KeyError(name)
        return self.put(name, self._make(name))

    def __contains__(self, name: object) -> bool:
        """Return whether there is one, without making it."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)


def _remember(recent: dict[str, T], name: str, value: T) -> None:
    recent[name] = value
    if len(recent) > RECENT:
        del recent[next(iter(recent))]
