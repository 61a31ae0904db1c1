"""Finds contradictions: within records, and between the records and what was derived from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from apr_qa import files
from apr_qa.errors import InputError
from apr_qa.registry import store
from apr_qa.registry.derive import derive, derive_readme
from apr_qa.registry.record import Record
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.catalog import KnownModel
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.validity import expiry

PROVISIONAL_AT = 700
_PASSED = (Status.CERTIFIED, Status.PROVISIONAL)


def lint(folder: Path, facts: Sequence[KnownModel], readme: Path | None = None) -> tuple[str, ...]:
    """Return every contradiction in the registry at `folder`, one sentence each; none when all is consistent."""
    records: list[Record] = []
    found: list[str] = []
    for path in store.record_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            record = store.read_record(path)
        except InputError as error:
            found.append(f"{name}: {error.problem}")
            continue
        records.append(record)
        found += [f"{name}: {problem}" for problem in contradictions(record)]
        if store.path_of(folder, record) != path:
            found.append(f"{name}: it belongs below {record.model}")
    return (*found, *_derived(folder, records, facts), *_readme(readme, records, facts))


def contradictions(record: Record) -> Iterator[str]:
    """Yield what cannot be true together in one record."""
    yield from _gateways(record)
    yield from _status(record)
    yield from _numbers(record)
    if record.expires != expiry(record.last_certified):
        yield f"it expires on {record.expires}, but its run began at {record.last_certified}"


def _gateways(record: Record) -> Iterator[str]:
    states = record.gateways
    fallen = [str(g) for g, state in states.items() if state is GatewayState.FELL]
    open_ = [str(g) for g, state in states.items() if state is GatewayState.NOT_EVALUATED]
    if fallen and (record.mqs or record.status is not Status.BLOCKED):
        yield f"{', '.join(fallen)} fell, yet it says {record.status} with MQS {record.mqs}"
    if open_ and record.status in _PASSED:
        yield f"{', '.join(open_)} was not evaluated, yet it says {record.status}"
    if not fallen and record.mqs != record.before_gateways:
        yield f"no gateway fell, yet MQS is {record.mqs} of {record.before_gateways} earned"


def _status(record: Record) -> Iterator[str]:
    certified = record.status is Status.CERTIFIED
    if certified and record.mqs < record.certified_at:
        yield f"CERTIFIED takes {record.certified_at}, MQS is {record.mqs}"
    if certified and (record.best_status is not Status.CERTIFIED or record.tier is Tier.SMOKE):
        yield f"tier {record.tier} may not claim CERTIFIED"
    if record.status in _PASSED and record.mqs < PROVISIONAL_AT:
        yield f"MQS {record.mqs} is below {PROVISIONAL_AT}, yet it says {record.status}"
    if record.status is Status.BLOCKED and record.mqs >= PROVISIONAL_AT:
        yield f"no gateway fell and MQS is {record.mqs}, yet it says BLOCKED"
    if record.status is Status.PENDING:
        yield "a record is of a run, so it cannot be PENDING"
    if (record.status is Status.FAIL) != (record.judged == 0):
        yield f"{record.judged} claims were judged, yet it says {record.status}"
    missing = set(record.matrix_cells) - set(record.cells)
    if record.status in _PASSED and missing and not record.narrowed:
        yield f"{len(missing)} cells were not run and the claim is not narrowed, yet it says {record.status}"


def _numbers(record: Record) -> Iterator[str]:
    if record.corroborated > record.judged:
        yield f"{record.corroborated} claims survived of {record.judged} judged"
    elif record.judged and not 0 <= (record.lower_bound or 0.0) <= record.corroborated / record.judged:
        yield f"the lower bound {record.lower_bound} is above {record.corroborated} of {record.judged}"
    if not math.isclose(record.normalised, 100 * math.log10(1 + 9 * record.mqs / 1000), abs_tol=0.06):
        yield f"MQS {record.mqs} is not {record.normalised} normalised"
    for cell, speed in record.tps.items():
        if speed.answers < 1 or not speed.median > 0:
            yield f"the speed of {cell} rests on no passed answer"


def _derived(folder: Path, records: Sequence[Record], facts: Sequence[KnownModel]) -> Iterator[str]:
    table = store.current_table(folder)
    wanted = derive(records, facts, table)
    for name, text in wanted.items():
        path = folder / name
        if not path.is_file():
            yield f"{name}: missing"
        elif path.read_bytes() != text.encode():
            yield f"{name}: is not what the records say"
    for path in store.badge_files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in wanted:
            yield f"{name}: no record stands behind it"


def _readme(readme: Path | None, records: Sequence[Record], facts: Sequence[KnownModel]) -> Iterator[str]:
    if readme is None:
        return
    try:
        text = files.read_text(readme, "README")
        if derive_readme(text, records, facts) != text:
            yield f"{readme.name}: its table is not what the records say"
    except InputError as error:
        yield f"{readme.name}: {error.problem}"
