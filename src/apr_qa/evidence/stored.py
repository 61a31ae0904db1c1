"""Records that stay in their file: a million of them need a few numbers each in memory, and come when asked for."""

from __future__ import annotations

import os
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar, overload

T = TypeVar("T")
_WINDOW_BYTES = 128 << 10


class Source(Protocol):
    """Anything that gives lines by place."""

    def reader(self) -> Callable[[int], bytes]:
        """Return a function from place to line."""


class Lines:
    """The lines of a file by the place of their first byte; the file may be replaced meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        weakref.finalize(self, os.close, self._descriptor)

    def reader(self) -> Callable[[int], bytes]:
        """Return a function from place to line, without its end and without a comma before that.

        It reads ahead, so that a pass in order costs one read for hundreds of lines.
        """
        start, window = 0, b""

        def line_at(place: int) -> bytes:
            nonlocal start, window
            size = _WINDOW_BYTES
            while True:
                begin = place - start
                end = window.find(b"\n", begin) if 0 <= begin < len(window) else -1
                if end >= 0:
                    return window[begin : end - (window[end - 1] == _COMMA)]
                fresh = os.pread(self._descriptor, size, place)
                if begin == 0 and len(fresh) == len(window):
                    raise EOFError(f"no line at {place}")
                start, window = place, fresh
                size *= 4

        return line_at


_COMMA = ord(",")


class Stored(Sequence[T]):
    """A sequence of records in a file; each is made anew from its lines whenever it is asked for."""

    def __init__(self, lines: Source, places: Sequence[array[int]], make: Callable[..., T]) -> None:
        """`places`: for each line that a record is made of, where it begins, by record; `make`: lines to record."""
        self._lines, self._places, self._make = lines, places, make
        self._readers = [lines.reader() for _ in places]

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self._places[0])

    @overload
    def __getitem__(self, which: int) -> T: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[T]: ...
    def __getitem__(self, which: int | slice) -> T | Sequence[T]:
        """Return one record, or the sequence of some."""
        if isinstance(which, slice):
            return Stored(self._lines, [places[which] for places in self._places], self._make)
        pairs = zip(self._readers, self._places, strict=True)
        return self._make(*[read(places[which]) for read, places in pairs])

    def __iter__(self) -> Iterator[T]:
        """Yield the records; several passes at a time do not disturb each other."""
        readers = [self._lines.reader() for _ in self._places]
        make = self._make
        for row in zip(*self._places, strict=True):
            yield make(*[read(place) for read, place in zip(readers, row, strict=True)])

    def __eq__(self, other: object) -> bool:
        """Return whether `other` holds the same records in the same order."""
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]
