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
from apr_qa.evidence.seal import CLOSING, OPENING, RECORDS, RUN, RUN_START, SEAL
from apr_qa.files import read_text
from apr_qa.vocab.evidence import SCHEMA_VERSION, Evidence, Judged, Record, RunRecord
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario

UNSEALED = "This is an unsealed journal: its run was stopped, or still goes on."


def read_evidence(path: Path) -> Evidence:
    """Return all evidence in `path`, its chain followed and its seal checked.

    Evidence of the original (`schema_version` 0) comes without verdicts: judge it with
    `apr_qa.evidence.rejudge.rejudge`. Where a question was asked again or a claim judged again, the later record
    stands. Raises InputError naming the record that was changed, or the field that cannot be read.
    """
    opened = _Opened(path)
    if opened.legacy is not None:
        return opened.legacy
    records = list(opened)
    (run,) = (r for r in records if isinstance(r, RunRecord))
    scenarios = tuple(r for r in records if isinstance(r, Scenario))
    claims = tuple(r for r in records if isinstance(r, Claim))
    observations = {r.scenario: r for r in records if isinstance(r, Observation)}
    judged = {r.claim.id: r for r in records if isinstance(r, Judged)}
    notes = tuple(r for r in records if isinstance(r, str))
    return Evidence(
        run=replace(run, scenarios=scenarios, claims=claims),
        observations=tuple(observations.values()),
        judged=tuple(judged.values()),
        seal=opened.seal,
        notes=notes + opened.notes,
    )


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
        first = _first_line(path)
        self._lines = self._sealed
        if first.startswith(RUN_START):
            self._lines = self._journal
            self.notes = (UNSEALED,)
        elif first != OPENING:
            document = _document(path)
            sealed = _as_sealed(document)
            if sealed is not None:
                self._lines = lambda: self._laid_out_anew(sealed)
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
        links = Chain(str(self.path))
        claims: dict[str, Claim] = {}
        for line in self._lines():
            links.follow(line)
            record = decode(line, f"{self.path}: record {links.lines}").record
            if isinstance(record, Claim):
                claims[record.id] = record
            yield self._judged(record, claims, links) if isinstance(record, Decided) else record
        if not links.lines or (self.seal and self.seal != links.head):
            raise InputError(
                f"the seal is not that of record {links.lines}, the last one: records were changed or left out",
                where=str(self.path),
                remedy=BROKEN_REMEDY,
            )

    def _judged(self, decided: Decided, claims: dict[str, Claim], links: Chain) -> Judged:
        if decided.claim not in claims:
            raise InputError(
                f"record {links.lines} is a verdict on {decided.claim}, which was not planned", where=str(self.path)
            )
        return Judged(claim=claims[decided.claim], verdict=decided.verdict)

    def _journal(self) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            yield from (line[:-1] for line in stream if line.endswith(b"\n"))

    def _sealed(self) -> Iterator[bytes]:
        with self.path.open("rb") as stream:
            stream.readline()
            run = stream.readline()
            if not run.startswith(RUN) or stream.readline() != RECORDS:
                raise self._torn()
            yield RUN_START + run.removeprefix(RUN).rstrip(b",\n") + b"}"
            while (line := stream.readline()) != CLOSING:
                if not line:
                    raise self._torn()
                yield line.rstrip(b",\n")
            self._take_seal(stream)

    def _take_seal(self, stream: IO[bytes]) -> None:
        last = stream.readline()
        if not last.startswith(SEAL) or not last.endswith(b'"}\n') or stream.read(1):
            raise self._torn()
        self.seal = last.removeprefix(SEAL).removesuffix(b'"}\n').decode("ascii", "replace") or "none"

    def _laid_out_anew(self, document: dict[str, object]) -> Iterator[bytes]:
        """Lines of a sealed file that another program formatted; its chain holds if it only moved white space."""
        self.seal = str(document["seal"])
        records = document.get("records")
        yield RUN_START + _compact(document.get("run")) + b"}"
        for record in records if isinstance(records, list) else []:
            yield _compact(record)

    def _torn(self) -> InputError:
        return InputError("this evidence is not whole: its end or its frame is missing", where=str(self.path))


def _compact(value: object) -> bytes:
    return json.dumps(to_json(value), separators=(",", ":")).encode("ascii")


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.readline()
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
