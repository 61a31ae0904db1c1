"""The journal of a run: append-only, one record a line, chained; the same command goes on where it stopped."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from apr_qa.errors import InputError, WorkspaceError
from apr_qa.evidence.chain import Chain
from apr_qa.evidence.codec import decode, encode
from apr_qa.vocab.evidence import Record, RunRecord

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
        self._descriptor = descriptor
        self._chain = Chain(str(path))
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

    def write(self, record: Record) -> None:
        """Append one record. Raises WorkspaceError when the disk is full; what was written before is kept whole."""
        with self._lock:
            self._append(record)
            self._unsynced += 1
            if self._unsynced >= SYNC_RECORDS or time.monotonic() - self._synced_at >= SYNC_SECONDS:
                self._sync()

    def close(self) -> None:
        """Sync, and let other runs have the journal."""
        with self._lock:
            if self._descriptor < 0:
                return
            try:
                if not self._failed:
                    self._sync()
            finally:
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
        first = self._follow()
        plan: tuple[Record, ...] = (*self.run.scenarios, *self.run.claims)
        if first:
            self.resumed = True
            self.run = _same_run(self.run, first, str(self.path))
        else:
            self._append(self.run)
        for record in plan[max(0, self._chain.lines - 1) :]:
            self._append(record)
        self._sync()

    def _follow(self) -> bytes:
        """Follow the chain of whole lines, cut off a torn last one, and return the first line."""
        first = b""
        with os.fdopen(os.dup(self._descriptor), "rb") as stream:
            stream.seek(0)
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                first = first or line[:-1]
                self._chain.follow(line[:-1])
                self._bytes += len(line)
        torn = os.fstat(self._descriptor).st_size - self._bytes
        if torn:
            os.ftruncate(self._descriptor, self._bytes)
            self.notes = (f"The last line of the journal was torn ({torn} bytes) and was dropped; it is done again.",)
        return first

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
        self._bytes += len(line) + 1
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


def _same_run(run: RunRecord, first_line: bytes, where: str) -> RunRecord:
    """Return the run record of the first start, with the plan. Raises InputError when it is not of the same run."""
    began = decode(first_line, f"{where}: record 1").record
    if not isinstance(began, RunRecord) or began.plan_digest != run.plan_digest:
        raise InputError("this is the output folder of another run", where=where, remedy=_OTHER)
    changed = [what for what in ("engines", "files") if getattr(began, what) != getattr(run, what)]
    if changed:
        what = " and ".join("the engine" if name == "engines" else "the model's files" for name in changed)
        raise InputError(f"{what} changed since this run began", where=where, remedy=_OTHER)
    return replace(began, scenarios=run.scenarios, claims=run.claims)


_OTHER = "Begin anew with --fresh (the journal is put aside, not deleted), or choose another --output."
