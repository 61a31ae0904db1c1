"""Sealing: a journal, or records in memory, become one `evidence.json`, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from apr_qa.errors import InputError, WorkspaceError
from apr_qa.evidence.chain import Chain
from apr_qa.evidence.codec import encode
from apr_qa.vocab.evidence import SCHEMA_VERSION, Evidence, Record

RUN_START = b'{"kind":"run","prev":"","schema_version":%d,"record":' % SCHEMA_VERSION
OPENING = b'{"schema_version":%d,\n' % SCHEMA_VERSION
RUN = b'"run":'
RECORDS = b'"records":[\n'
CLOSING = b"],\n"
SEAL = b'"seal":"'


def seal(journal: Path, out: Path) -> str:
    """Write the sealed evidence of `journal` to `out` and return the seal: the hash of the last record.

    Follows the chain while it copies; a torn last line is left out. Raises InputError for a missing journal or a
    broken chain, WorkspaceError when `out` cannot be written.
    """
    try:
        stream = journal.open("rb")
    except OSError as error:
        raise InputError(f"no journal to seal: {error.strerror}", where=str(journal)) from None
    with stream:
        return _write((line[:-1] for line in stream if line.endswith(b"\n")), out, str(journal))


def seal_evidence(evidence: Evidence, out: Path) -> str:
    """Write `evidence` that has no journal (merged, or judged again) as a chain of its own and return the seal."""
    notes: tuple[Record, ...] = evidence.notes
    run = evidence.run
    records = chain[Record]([run], run.scenarios, run.claims, evidence.observations, evidence.judged, notes)
    return _write(_chained(records), out, str(out))


def _chained(records: Iterable[Record]) -> Iterator[bytes]:
    links = Chain("")
    for record in records:
        line = encode(record, links.head)
        links.add(line)
        yield line


def _write(lines: Iterator[bytes], out: Path, where: str) -> str:
    links = Chain(where)
    first = next(lines, None)
    if first is None or not first.startswith(RUN_START):
        raise InputError("this is no journal: it does not begin with a run record", where=where)
    with _replacing(out) as stream:
        links.follow(first)
        stream.write(OPENING + RUN + first.removeprefix(RUN_START)[:-1] + b",\n" + RECORDS)
        separator = b""
        for line in lines:
            links.follow(line)
            stream.write(separator + line)
            separator = b",\n"
        stream.write((b"\n" if separator else b"") + CLOSING + SEAL + links.head.encode() + b'"}\n')
    return links.head


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a stream whose bytes become the file `path` when all went well. Raises WorkspaceError."""
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(descriptor, 0o644)
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            Path(name or path.with_suffix(".none")).unlink()
        if isinstance(error, OSError):
            remedy = "Free space or choose another --output."
            raise WorkspaceError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from None
        raise
