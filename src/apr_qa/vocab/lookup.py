"""Records by name, kept where they are: what is held is a number a record, whatever its size."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
A = TypeVar("A")


def for_the_same(function: Callable[[A], T]) -> Callable[[A], T]:
    """Remember the last answer of a pure function, for the very same argument: long evidence is not compared."""
    last: list[tuple[A, T]] = []

    @functools.wraps(function)
    def answer(argument: A) -> T:
        if not last or last[0][0] is not argument:
            last[:] = [(argument, function(argument))]
        return last[0][1]

    return answer


class Only(Mapping[str, T]):
    """Some records of a look-up, read when they are asked for."""

    def __init__(self, records: Mapping[str, T], names: Iterable[str]) -> None:
        """Names without a record are left out."""
        self._records = records
        self._names = dict.fromkeys(name for name in names if name in records)

    def __getitem__(self, name: str) -> T:
        """Return the record called `name`. Raises KeyError."""
        if name not in self._names:
            raise KeyError(name)
        return self._records[name]

    def __contains__(self, name: object) -> bool:
        """Return whether it is one of them, without reading it."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)


class ByName(Mapping[str, T]):
    """A look-up into a sequence, which may lie in a file; of equal names the last record counts."""

    def __init__(self, records: Sequence[T], name: Callable[[T], str]) -> None:
        """Reads every record once, for its name."""
        self._records = records
        self._places = {name(record): place for place, record in enumerate(records)}

    def __getitem__(self, name: str) -> T:
        """Return the record called `name`. Raises KeyError."""
        return self._records[self._places[name]]

    def __contains__(self, name: object) -> bool:
        """Return whether there is one, without reading it."""
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of their first records."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._places)
