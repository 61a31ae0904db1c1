"""What a journal holds, in a file beside it: so that a run of a million lines goes on within a second.

It only saves work. It counts when it is whole by its own hash, and the bytes of the journal that it covers are those
of which it holds the hash; else the journal is followed line by line and the index made anew. Sealing follows every
line of the journal whatever the index says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from apr_qa.vocab.verdict import Outcome

_MAGIC = b"apr-qa index 1\n\0"
_ENTRY = struct.Struct("<BBxxIQ")
_MARK = struct.Struct("<B15xQQ32s32s")
_DIGEST_BYTES = 32
_MARK_BYTES = _MARK.size + _DIGEST_BYTES
_IS_MARK = 0xFF
_SEARCHED_BYTES = 64 << 10
_CHUNK_BYTES = 1 << 20
MARK_AFTER = 1024
"""Records between two marks: after a kill, at most so many are read again."""
OUTCOMES = tuple(Outcome)


class Kind(IntEnum):
    """What an entry is about."""

    ANSWER = 1
    VERDICT = 2


class State(IntEnum):
    """Whether an answer may stand when a run goes on."""

    UNKNOWN = 0
    """Nobody noted how it was judged: it has to be judged again."""
    SETTLED = 1
    TO_ASK = 2
    """It was not the model's fault that nothing could be judged: it is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """How far an index goes."""

    lines: int
    size: int
    head: str
    """Hash of the last line."""
    content: hashlib._Hash
    """Of all those bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An index that counts."""

    covered: Covered
    content: bytes
    """The file up to the mark that counts."""

    def entries(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield kind, code, number and place of each entry, oldest first.

        `code` is a State for an answer, the place in `OUTCOMES` for a verdict; `number` that of the scenario or the
        claim in the order of the plan, from 0; `place` the byte at which its line begins.
        """
        segments, end = [], len(self.content) - _MARK_BYTES
        while True:
            since = _MARK.unpack_from(self.content, end)[2] >> 32
            segments.append((since, end))
            if since <= len(_MAGIC):
                break
            end = since - _MARK_BYTES
        whole = memoryview(self.content)
        for begin, end in reversed(segments):
            yield from _ENTRY.iter_unpack(whole[begin:end])


class Index:
    """The file while its journal is written. When it cannot be written, the run goes on without it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending = bytearray()
        self._digest = hashlib.sha256()
        self._size = self._since = 0
        self._descriptor = -1

    def begin(self) -> None:
        """Begin anew, over whatever lies there."""
        with contextlib.suppress(OSError):
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._put(_MAGIC)
        self._since = self._size

    def go_on(self, found: Found) -> None:
        """Go on after the mark that counts."""
        with contextlib.suppress(OSError):
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            os.ftruncate(self._descriptor, len(found.content))
        self._digest.update(found.content)
        self._size = self._since = len(found.content)

    def add(self, kind: Kind, code: int, number: int, place: int) -> None:
        """Note one record, as `Found.entries` yields it."""
        self._put(_ENTRY.pack(kind, code, number, place))

    def mark(self, covered: Covered) -> None:
        """Write down what was noted: it goes up to `covered`."""
        packed = self._since << 32 | covered.lines
        head = bytes.fromhex(covered.head)
        self._put(_MARK.pack(_IS_MARK, covered.size, packed, head, covered.content.digest()))
        self._put(self._digest.digest())
        self._since = self._size
        if self._descriptor < 0:
            return
        try:
            os.write(self._descriptor, self._pending)
        except OSError:
            self.close()
        self._pending.clear()

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _put(self, data: bytes) -> None:
        self._pending += data
        self._digest.update(data)
        self._size += len(data)


def find(path: Path, journal: int) -> Found | None:
    """Return the index in `path` of the open journal, or None when there is none that counts."""
    try:
        data = path.read_bytes()
        size = os.fstat(journal).st_size
    except OSError:
        return None
    if not data.startswith(_MAGIC):
        return None
    for at in _marks(data):
        _, covered, packed, head, content = _MARK.unpack_from(data, at)
        hashed = _hash_of(journal, covered)
        if covered <= size and hashed.digest() == content:
            found = Covered(lines=packed & 0xFFFFFFFF, size=covered, head=head.hex(), content=hashed)
            return Found(covered=found, content=data[: at + _MARK_BYTES])
    return None


def _hash_of(journal: int, size: int) -> hashlib._Hash:
    """The hash of the first bytes of the journal."""
    hashed, done = hashlib.sha256(), 0
    while done < size and (chunk := os.pread(journal, min(_CHUNK_BYTES, size - done), done)):
        hashed.update(chunk)
        done += len(chunk)
    return hashed


def _marks(data: bytes) -> Iterator[int]:
    """Where whole marks begin, the last one first; the hash of one covers all that is before it."""
    step = _ENTRY.size
    last = (len(data) - _MARK_BYTES) // step * step
    for at in range(last, max(len(_MAGIC) - 1, last - _SEARCHED_BYTES), -step):
        end = at + _MARK.size
        if data[at] == _IS_MARK and hashlib.sha256(memoryview(data)[:end]).digest() == data[end : at + _MARK_BYTES]:
            yield at
