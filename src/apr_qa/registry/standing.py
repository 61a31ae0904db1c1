"""Which record stands for a model: the state machine of certification."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from apr_qa.registry.record import Record, digest_of, identity
from apr_qa.vocab.score import GatewayState, Status

VERDICTS = (Status.CERTIFIED, Status.PROVISIONAL, Status.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A model's place in the registry."""

    record: Record
    """The record that its row shows."""
    stale: str = ""
    """Why the record speaks of something that has moved on; empty when it does not."""
    history: tuple[Record, ...] = ()
    """All records of the model, oldest first."""


def standings(records: Iterable[Record]) -> Mapping[str, Standing]:
    """Return the standing of every model that has a record, by name. The order of `records` does not matter."""
    everything = sorted(records, key=lambda r: (r.last_certified, digest_of(r)))
    by_model: defaultdict[str, list[Record]] = defaultdict(list)
    for record in everything:
        by_model[record.model].append(record)
    newest = newest_engines(everything)
    return {model: _stand(history, newest) for model, history in sorted(by_model.items())}


def replaces(new: Record, old: Record) -> bool:
    """Return whether a later record takes the row of an earlier one.

    A run without a verdict (PARTIAL, FAIL) never takes the place of one with a verdict. Another revision is another
    model: its verdict counts at any tier. For the same revision a lighter claim (lower tier, or narrowed at the same
    tier) changes nothing unless it takes away: a gateway that fell blocks at any tier.
    """
    if new.status not in VERDICTS:
        return old.status not in VERDICTS
    if old.status not in VERDICTS or identity(new) != identity(old):
        return True
    return weight(new) >= weight(old) or takes_away(new)


def weight(record: Record) -> tuple[int, bool]:
    """Return how much a record claims: its tier, then whether it covers the whole playbook, judged by apr-qa alone."""
    return record.tier.rank, not (record.narrowed or record.plug_ins)


def takes_away(record: Record) -> bool:
    """Return whether a gateway fell, which blocks a model whatever was shown before."""
    return record.status is Status.BLOCKED and GatewayState.FELL in record.gateways.values()


def expired(record: Record, on: date) -> bool:
    """Return whether the record no longer counts on that day."""
    return bool(record.expires) and on.isoformat() > record.expires


def newest_engines(records: Iterable[Record]) -> Mapping[str, str]:
    """Return the newest version of each engine that any record names."""
    newest: dict[str, str] = {}
    for record in records:
        for engine in record.engines.values():
            if version_key(engine.version) >= version_key(newest.get(engine.name, "")):
                newest[engine.name] = engine.version
    return newest


def version_key(version: str) -> tuple[int, ...]:
    """Return a version's numbers, so that 0.10 comes after 0.9."""
    return tuple(int(number[:18]) for number in re.findall(r"\d+", version))


def _stand(history: Sequence[Record], newest: Mapping[str, str]) -> Standing:
    standing = history[0]
    for record in history[1:]:
        if replaces(record, standing):
            standing = record
    return Standing(record=standing, stale=_stale(standing, newest), history=tuple(history))


def _stale(record: Record, newest: Mapping[str, str]) -> str:
    for engine in record.engines.values():
        latest = newest.get(engine.name, engine.version)
        if version_key(latest) > version_key(engine.version):
            return f"{engine.name} is now {latest}"
    return ""
