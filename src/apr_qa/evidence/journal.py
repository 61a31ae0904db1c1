"""The journal of a run: append-only, one record a line, chained; the same command goes on where it stopped."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from apr_qa.errors import InputError, WorkspaceError
from apr_qa.evidence.chain import Chain
from apr_qa.evidence.codec import decode_again, encode
from apr_qa.evidence.index import MARK_AFTER, Covered, Found, Index, Kind, State, find
from apr_qa.evidence.resume import Earlier, Followed, Numbers, follow, same_run, told_by
from apr_qa.evidence.stored import Lines
from apr_qa.vocab.evidence import Record, RunRecord
from apr_qa.vocab.observation import Observation

SYNC_RECORDS = 64
SYNC_SECONDS = 1.0
"""A power cut repeats at most this many records, or the records of this many seconds. A killed program repeats none."""

_FULL = "Free space, then give the same command again: it goes on where it stopped."


class Journal:
    """Where records are put down the moment they exist. Safe to use from several threads of one run.

    `run` is the record that the journal began with: after a resume, that of the first start.
    """

    def __init__(self, path: Path, descriptor: int, run: RunRecord) -> None:
        self.path = path
        self.run = run
        self.resumed = False
        self.notes: tuple[str, ...] = ()
        """What was found on opening that a user should know. Not part of the evidence: it says nothing of the model."""
        self.earlier = Earlier(run)
        """What earlier starts wrote after the plan."""
        self._descriptor = descriptor
        self._index = Index(path.with_suffix(".index"))
        self._numbers = Numbers(run)
        self._chain = Chain(str(path))
        self._content = hashlib.sha256()
        self._last = self._noted = 0
        self._read: Callable[[int], bytes] | None = None
        self._bytes = 0
        self._unsynced = 0
        self._synced_at = time.monotonic()
        self._failed = False
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, run: RunRecord, *, fresh: bool = False) -> Journal:
        """Begin the journal of `run`, or go on with the one that lies at `path`.

        `fresh` puts an earlier journal aside (renamed, never deleted) and begins anew. Raises InputError when another
        run writes it now, when it belongs to another plan, engine or model, and when its chain is broken;
        WorkspaceError when the folder cannot be written.
        """
        descriptor = _lock(path)
        try:
            if fresh and os.fstat(descriptor).st_size:
                _put_aside(path)
                os.close(descriptor)
                descriptor = _lock(path)
            journal = cls(path, descriptor, run)
            journal._take_up()
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            raise
        return journal

    def write(self, record: Record, *, settled: bool = True) -> int:
        """Append one record and return its place; an answer that is not `settled` is asked again by the next start.

        Raises WorkspaceError when the disk is full; what was written before is kept whole.
        """
        with self._lock:
            self._append(record)
            if entry := self._numbers.entry(record, State.SETTLED if settled else State.TO_ASK):
                self._index.add(*entry, self._last)
            self._noted += 1
            self._unsynced += 1
            if self._unsynced >= SYNC_RECORDS or time.monotonic() - self._synced_at >= SYNC_SECONDS:
                self._sync()
            if self._noted >= MARK_AFTER:
                self._mark()
            return self._last

    def observation(self, place: int) -> Observation:
        """Return the observation whose line begins at `place`."""
        if self._read is None:
            self._read = Lines(self.path).reader()
        found: Observation = decode_again(self._read(place))
        return found

    def settle(self, number: int, *, settled: bool) -> None:
        """Note how the answer to scenario `number` was judged, which nobody had noted."""
        state = State.SETTLED if settled else State.TO_ASK
        self._index.add(Kind.ANSWER, state, number, self.earlier.places[number])

    def close(self) -> None:
        """Sync, and let other runs have the journal."""
        with self._lock:
            if self._descriptor < 0:
                return
            try:
                if not self._failed:
                    self._sync()
                    self._mark()
            finally:
                self._index.close()
                os.close(self._descriptor)
                self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take_up(self) -> None:
        """Read what is there, then add what is missing of the run and its plan."""
        found = find(self._index.path, self._descriptor)
        went = follow(self._descriptor, self._chain, self._numbers, found)
        self._bytes, self._content = went.size, went.content
        self._cut_off_a_torn_line()
        if went.first:
            self.resumed = True
            self.run = same_run(self.run, went.first, str(self.path))
        else:
            self._append(self.run)
        plan: tuple[Record, ...] = (*self.run.scenarios, *self.run.claims)
        for record in plan[max(0, self._chain.lines - 1) :]:
            self._append(record)
        self._sync()
        self._take_over(found, went)

    def _take_over(self, found: Found | None, went: Followed) -> None:
        if found:
            self.earlier = told_by(found, self.run, str(self.path))
            self._index.go_on(found)
        else:
            self._index.begin()
        self.earlier.take(went.fresh)
        for entry in went.fresh:
            self._index.add(*entry)
        if went.fresh or not found:
            self._mark()

    def _mark(self) -> None:
        self._noted = 0
        whole = Covered(lines=self._chain.lines, size=self._bytes, head=self._chain.head, content=self._content)
        self._index.mark(whole)

    def _cut_off_a_torn_line(self) -> None:
        torn = os.fstat(self._descriptor).st_size - self._bytes
        if torn:
            os.ftruncate(self._descriptor, self._bytes)
            self.notes = (f"The last line of the journal was torn ({torn} bytes) and was dropped; it is done again.",)

    def _append(self, record: Record) -> None:
        if self._failed:
            raise WorkspaceError("an earlier record could not be written", where=str(self.path), remedy=_FULL)
        line = encode(record, self._chain.head)
        try:
            _write_all(self._descriptor, line + b"\n")
        except OSError as error:
            self._failed = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._bytes)
            raise self._fault(error) from None
        self._last = self._bytes
        self._bytes += len(line) + 1
        self._content.update(line + b"\n")
        self._chain.add(line)

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self._failed = True
            raise self._fault(error) from None
        self._unsynced = 0
        self._synced_at = time.monotonic()

    def _fault(self, error: OSError) -> WorkspaceError:
        return WorkspaceError(f"the journal cannot be written: {error.strerror}", where=str(self.path), remedy=_FULL)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; the system may take it in parts."""
    while data:
        data = data[os.write(descriptor, data) :]


def _lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise WorkspaceError(
            f"the journal cannot be written: {error.strerror}", where=str(path), remedy="Choose another --output."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise InputError(
            "another run is writing this journal", where=str(path), remedy="Wait for it, or choose another --output."
        ) from None
    return descriptor


def _put_aside(path: Path) -> None:
    number = 1
    while (aside := path.with_name(f"{path.stem}.old-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
