"""Reading evidence back: sealed, or the journal of a run that is not finished, or what the original wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from apr_qa.errors import InputError
from apr_qa.evidence.chain import BROKEN_REMEDY, Chain
from apr_qa.evidence.codec import decode, to_json
from apr_qa.evidence.legacy import read_legacy
from apr_qa.evidence.lines import Decided
from apr_qa.evidence.placed import Held, Placed
from apr_qa.evidence.seal import CLOSING, OPENING, RECORDS, RUN, RUN_START, SEAL
from apr_qa.evidence.stored import Lines
from apr_qa.files import read_text
from apr_qa.vocab.evidence import SCHEMA_VERSION, Evidence, Judged, Record
from apr_qa.vocab.plan import Claim

UNSEALED = "This is an unsealed journal: its run was stopped, or still goes on."


HELD = 4_000
"""Evidence of so many lines is held in memory; of more, the records stay in the file and are read when asked for."""
LINE_LIMIT_BYTES = 64 << 20
"""Of one record; the longest answers are cut to far less."""
_FIRST_BYTES = 4096
"""Enough of the first line to tell the layouts apart."""


def read_evidence(path: Path, *, held: int = HELD) -> Evidence:
    """Return all evidence in `path`, its chain followed and its seal checked.

    Over `held` lines the sequences in it lie in the file, which may be replaced but not written over. Evidence of the
    original (`schema_version` 0) comes without verdicts: judge it with `apr_qa.evidence.rejudge.rejudge`. Where a
    question was asked again or a claim judged again, the later record stands. Raises InputError naming the record that
    was changed, or the field that cannot be read.
    """
    opened = _Opened(path)
    if opened.legacy is not None:
        return opened.legacy
    source = opened.source()
    placed = Placed()
    for record, place in opened.placed():
        if not placed.take(record, place):
            raise opened.unplanned(record, placed.lines)
    if placed.run is None:
        raise InputError("this evidence has no run record", where=str(path))
    found = placed.evidence(placed.run, source, held=placed.lines <= held)
    return replace(found, seal=opened.seal, notes=found.notes + opened.notes)


def stream_records(path: Path) -> Iterator[Record]:
    """Yield the run, its plan and all that came of it, one record at a time; memory grows with the claims only.

    Raises InputError like `read_evidence`; a wrong seal shows at the very end, so use nothing before that.
    """
    yield from _Opened(path)


class _Opened:
    """A file of evidence in any of its layouts, as an iterable of records."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.legacy: Evidence | None = None
        self.seal = ""
        self.notes: tuple[str, ...] = ()
        self._held: Held | None = None
        first = _first_line(path)
        self._lines = self._sealed
        if first.startswith(RUN_START):
            self._lines = self._journal
            self.notes = (UNSEALED,)
        elif first != OPENING:
            document = _document(path)
            sealed = _as_sealed(document)
            if sealed is not None:
                held = self._held = Held()
                self._lines = lambda: self._laid_out_anew(sealed, held)
            else:
                self.legacy = read_legacy(document, path)

    def __iter__(self) -> Iterator[Record]:
        if self.legacy is not None:
            run = self.legacy.run
            yield run
            yield from run.scenarios
            yield from run.claims
            yield from self.legacy.observations
            yield from self.legacy.notes
            return
        claims: dict[str, Claim] = {}
        for number, (record, _) in enumerate(self.placed(), start=1):
            if isinstance(record, Claim):
                claims[record.id] = record
            if isinstance(record, Decided):
                if record.claim not in claims:
                    raise self.unplanned(record, number)
                yield Judged(claim=claims[record.claim], verdict=record.verdict)
            else:
                yield record

    def placed(self) -> Iterator[tuple[Record | Decided, int]]:
        """Yield each record and where its line begins; the chain is followed, at the end the seal is checked."""
        links = Chain(str(self.path))
        for line, place in self._lines():
            kind = links.follow(line)
            decoded = decode(line, f"{self.path}: record {links.lines}")
            if decoded.kind != kind:  # a key that stands twice: the chain saw the first, the codec the last
                raise InputError(f"record {links.lines} says twice of what kind it is", where=str(self.path))
            yield decoded.record, place
        if not links.lines or (self.seal and self.seal != links.head):
            raise InputError(
                f"the seal is not that of record {links.lines}, the last one: records were changed or left out",
                where=str(self.path),
                remedy=BROKEN_REMEDY,
            )

    def source(self) -> Lines | Held:
        """What gives a line by its place."""
        return self._held or Lines(self.path)

    def unplanned(self, decided: object, number: int) -> InputError:
        """The fault of a verdict on a claim that no line before it holds."""
        claim = decided.claim if isinstance(decided, Decided) else "?"
        return InputError(f"record {number} is a verdict on {claim}, which was not planned", where=str(self.path))

    def _journal(self) -> Iterator[tuple[bytes, int]]:
        place = 0
        with self.path.open("rb") as stream:
            while line := self._line(stream):
                if line.endswith(b"\n"):
                    yield line[:-1], place
                place += len(line)

    def _sealed(self) -> Iterator[tuple[bytes, int]]:
        with self.path.open("rb") as stream:
            place = len(stream.readline())
            run = self._line(stream)
            if not run.startswith(RUN) or stream.readline() != RECORDS:
                raise self._torn()
            yield RUN_START + run.removeprefix(RUN).rstrip(b",\n") + b"}", place
            place += len(run) + len(RECORDS)
            while (line := self._line(stream)) != CLOSING:
                if not line:
                    raise self._torn()
                yield line.rstrip(b",\n"), place
                place += len(line)
            self._take_seal(stream)

    def _line(self, stream: IO[bytes]) -> bytes:
        line = stream.readline(LINE_LIMIT_BYTES + 1)
        if len(line) > LINE_LIMIT_BYTES:
            raise InputError(f"a record is over {LINE_LIMIT_BYTES >> 20} MB", where=str(self.path))
        return line

    def _take_seal(self, stream: IO[bytes]) -> None:
        last = self._line(stream)
        if not last.startswith(SEAL) or not last.endswith(b'"}\n') or stream.read(1):
            raise self._torn()
        self.seal = last.removeprefix(SEAL).removesuffix(b'"}\n').decode("ascii", "replace") or "none"

    def _laid_out_anew(self, document: dict[str, object], held: Held) -> Iterator[tuple[bytes, int]]:
        """Lines of a sealed file that another program formatted; its chain holds if it only moved white space."""
        self.seal = str(document["seal"])
        records = document.get("records")
        held.lines.append(RUN_START + self._compact(document.get("run")) + b"}")
        yield held.lines[-1], 0
        for record in records if isinstance(records, list) else []:
            held.lines.append(self._compact(record))
            yield held.lines[-1], len(held.lines) - 1

    def _compact(self, value: object) -> bytes:
        try:
            return json.dumps(to_json(value), separators=(",", ":")).encode("ascii")
        except (ValueError, RecursionError) as error:
            raise InputError(f"this evidence cannot be read: {error}", where=str(self.path)) from None

    def _torn(self) -> InputError:
        return InputError("this evidence is not whole: its end or its frame is missing", where=str(self.path))


def _first_line(path: Path) -> bytes:
    if path.exists() and not path.is_file():  # a pipe never ends, a folder has no lines
        raise InputError("this is no regular file", where=str(path), remedy="Name a file of evidence.")
    try:
        with path.open("rb") as stream:
            return stream.readline(_FIRST_BYTES)
    except OSError as error:
        raise InputError(f"cannot read evidence: {error.strerror}", where=str(path), remedy="Check the path.") from None


def _document(path: Path) -> object:
    text = read_text(path, "evidence file")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no evidence, nor any JSON: {error}", where=str(path)) from None


def _as_sealed(document: object) -> dict[str, object] | None:
    if isinstance(document, dict) and document.get("schema_version") == SCHEMA_VERSION and "seal" in document:
        return document
    return None
