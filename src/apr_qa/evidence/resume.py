"""What earlier starts of a run left in its journal: by the index where one counts, else by reading every line."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from apr_qa.errors import InputError
from apr_qa.evidence.chain import Chain
from apr_qa.evidence.codec import decode
from apr_qa.evidence.index import OUTCOMES, Found, Kind, State
from apr_qa.evidence.lines import Decided
from apr_qa.vocab.evidence import Judged, Record, RunRecord
from apr_qa.vocab.observation import Observation

NEVER = 255
_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}


class Numbers:
    """The order of a plan's scenarios and claims."""

    def __init__(self, run: RunRecord) -> None:
        self._scenarios = {scenario.id: number for number, scenario in enumerate(run.scenarios)}
        self._claims = {claim.id: number for number, claim in enumerate(run.claims)}

    def entry(self, record: Record | Decided, state: State) -> tuple[Kind, int, int] | None:
        """Return kind, code and number of a record, or None for one that a resume does not ask for."""
        if isinstance(record, Observation):
            number = self._scenarios.get(record.scenario)
            return None if number is None else (Kind.ANSWER, state, number)
        if isinstance(record, Judged | Decided):
            name = record.claim if isinstance(record, Decided) else record.claim.id
            number = self._claims.get(name)
            return None if number is None else (Kind.VERDICT, _CODES[record.verdict.outcome], number)
        return None


class Earlier:
    """What is there of a plan, by number; of what was said twice, the later."""

    def __init__(self, run: RunRecord) -> None:
        self.places = array("Q", bytes(8 * len(run.scenarios)))
        """Where the answer's line begins; 0: not asked."""
        self.states = bytearray(len(run.scenarios))
        self.outcomes = bytearray([NEVER]) * len(run.claims)
        """Place in `OUTCOMES`, or NEVER."""

    def take(self, entries: Iterable[tuple[int, int, int, int]]) -> None:
        """Note entries: kind, code, number, place. Raises IndexError for a number that the plan does not have."""
        places, states, outcomes, answer = self.places, self.states, self.outcomes, int(Kind.ANSWER)
        for kind, code, number, place in entries:
            if kind == answer:
                places[number] = place
                states[number] = code
            else:
                outcomes[number] = code


@dataclass(slots=True)
class Followed:
    """How far a journal goes."""

    first: bytes = b""
    """Its first line."""
    size: int = 0
    """Bytes of whole lines."""
    content: hashlib._Hash = field(default_factory=hashlib.sha256)
    """The hash of those bytes."""
    fresh: list[tuple[Kind, int, int, int]] = field(default_factory=list)
    """Entries that the index does not hold."""


def follow(descriptor: int, chain: Chain, numbers: Numbers, found: Found | None) -> Followed:
    """Follow the chain of whole lines, from where the index ends; the file is read, not moved.

    Raises InputError naming the record that does not follow.
    """
    went = Followed()
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        stream.seek(0)
        if found:
            went.first = stream.readline().rstrip(b"\n")
            covered = found.covered
            chain.lines, chain.head = covered.lines, covered.head
            went.size, went.content = covered.size, covered.content
            stream.seek(covered.size)
        for line in stream:
            if not line.endswith(b"\n"):
                break
            went.first = went.first or line[:-1]
            kind = chain.follow(line[:-1])
            if kind in _RESUMED:
                record = decode(line[:-1], f"{chain.where}: record {chain.lines}").record
                if entry := numbers.entry(record, State.UNKNOWN):
                    went.fresh.append((*entry, went.size))
            went.size += len(line)
            went.content.update(line)
    return went


_RESUMED = frozenset({"observation", "verdict"})


def told_by(found: Found, run: RunRecord, where: str) -> Earlier:
    """Return what an index tells of `run`. Raises InputError for one of another plan."""
    earlier = Earlier(run)
    try:
        earlier.take(found.entries())
    except IndexError:
        raise InputError("this is the output folder of another run", where=where) from None
    return earlier


def same_run(run: RunRecord, first_line: bytes, where: str) -> RunRecord:
    """Return the run record of the first start, with the plan. Raises InputError when it is not of the same run."""
    began = decode(first_line, f"{where}: record 1").record
    if not isinstance(began, RunRecord) or began.plan_digest != run.plan_digest:
        raise InputError("this is the output folder of another run", where=where, remedy=_OTHER)
    changed = [words for what, words in _ONE_RUN.items() if getattr(began, what) != getattr(run, what)]
    if changed:
        raise InputError(f"{' and '.join(changed)} changed since this run began", where=where, remedy=_OTHER)
    return replace(began, scenarios=run.scenarios, claims=run.claims)


_ONE_RUN = {
    "engines": "the engine",
    "files": "the model's files",
    "plug_ins": "the plug-ins",
    "unlocked": "what is said of the playbook's lock",
    "apr_qa_version": "apr-qa",
}
"""What the first start wrote into the evidence, and all later ones have to be true to."""
_OTHER = "Begin anew with --fresh (the journal is put aside, not deleted), or choose another --output."
