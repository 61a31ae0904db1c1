"""What became of every ticket, one JSON line each, kept beside the records: the mirror that needs no network.

A ticket closes on positive evidence only: in every model in which it showed, the very claims that were lost have to be
tried and to survive, in so many runs, by the engine that was at fault or a later one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from apr_qa.errors import InputError
from apr_qa.files import canonical_json
from apr_qa.tickets.drafts import Draft
from apr_qa.vocab.effects import TicketState
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.verdict import Outcome

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PLACES = 200
"""Lost claims that an entry remembers."""
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One root cause that was filed."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    repo: str
    fingerprint: str
    title: str
    state: TicketState = TicketState.OPEN
    number: int | None = None
    url: str = ""
    engine: str = ""
    """At fault, when it was an engine."""
    version: str = ""
    """The oldest that may show it mended."""
    places: tuple[tuple[str, str, str], ...] = ()
    """Model, gate and subject of the lost claims."""
    passes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Seals of the healthy evidence since the last loss, by model."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it one entry."""
        return self.repo, self.fingerprint

    @property
    def models(self) -> tuple[str, ...]:
        """Where it showed."""
        return tuple(sorted({model for model, _, _ in self.places}))

    def is_mended(self, passes: int) -> bool:
        """Whether every model in which it showed has so many healthy runs."""
        return bool(self.places) and all(len(self.passes.get(model, ())) >= passes for model in self.models)


def read_ledger(text: str, where: str) -> tuple[Entry, ...]:
    """Return the entries in JSON Lines. Raises InputError naming the line."""
    from pydantic import ValidationError

    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found.append(_adapter().validate_json(line))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise InputError(f"no entry of a ledger: {problem}", where=f"{where}:{number}") from None
    return tuple(found)


def ledger_text(entries: Iterable[Entry]) -> str:
    """Return the entries as JSON Lines in order of repository and fingerprint: equal entries, equal bytes."""
    return "".join(f"{canonical_json(entry)}\n" for entry in sorted(entries, key=lambda entry: entry.key))


def settle(
    entries: Sequence[Entry], filed: Mapping[tuple[str, str], Draft], pieces: Sequence[Evidence], passes: int
) -> tuple[Entry, ...]:
    """Return the ledger after a run: what was lost is open, what survived often enough is closed. Pure.

    `filed`: the drafts of this run by repository and fingerprint; `pieces`: all its evidence.
    """
    there = {entry.key: entry for entry in entries}
    for key, draft in filed.items():
        there[key] = _lost(there.get(key), key[0], draft)
    settled = []
    for key, entry in there.items():
        after = entry if key in filed else _survived(entry, pieces)
        mended = key not in filed and after.state is TicketState.OPEN and after.is_mended(passes)
        settled.append(replace(after, state=TicketState.CLOSED) if mended else after)
    return tuple(settled)


def numbered(
    entries: Iterable[Entry], known: Mapping[tuple[str, str], tuple[int | None, str]], but: Collection[tuple[str, str]]
) -> tuple[Entry, ...]:
    """Return the entries with the numbers and addresses that their issues got, without those that came to nothing."""
    found = []
    for entry in entries:
        number, url = known.get(entry.key, (None, ""))
        if entry.key not in but:
            found.append(replace(entry, number=number or entry.number, url=url or entry.url))
    return tuple(found)


def _lost(entry: Entry | None, repo: str, draft: Draft) -> Entry:
    """Seen now, in these models: their healthy runs count from here on."""
    before = entry or Entry(repo=repo, fingerprint=draft.fingerprint, title=draft.title, engine=draft.engine)
    places = sorted({*before.places, *draft.places})[:PLACES]
    passes = {model: seals for model, seals in before.passes.items() if model not in draft.models}
    return replace(
        before, title=draft.title, state=TicketState.OPEN, version=draft.version, places=tuple(places), passes=passes
    )


def _survived(entry: Entry, pieces: Sequence[Evidence]) -> Entry:
    passes = dict(entry.passes)
    for evidence in pieces:
        seals = passes.get(evidence.run.model, ())
        if evidence.seal and evidence.seal not in seals and _is_healthy(entry, evidence):
            passes[evidence.run.model] = (*seals, evidence.seal)
    return replace(entry, passes=passes)


def _is_healthy(entry: Entry, evidence: Evidence) -> bool:
    """Every claim that was lost there was tried again and survived; nothing is concluded from what did not run."""
    wanted = {(gate, subject) for model, gate, subject in entry.places if model == evidence.run.model}
    if not wanted or not _is_new_enough(entry, evidence):
        return False
    outcomes: defaultdict[tuple[str, str], set[Outcome]] = defaultdict(set)
    for judged in evidence.judged:
        outcomes[judged.claim.gate, str(judged.claim.subject)].add(judged.verdict.outcome)
    return all(outcomes[place] == {Outcome.CORROBORATED} for place in wanted)


def _is_new_enough(entry: Entry, evidence: Evidence) -> bool:
    if not entry.engine:
        return True
    versions = [facts.version for facts in evidence.run.engines.values() if facts.name == entry.engine]
    return bool(versions) and all(_order(version) >= _order(entry.version) for version in versions)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(version)[:6])


@cache
def _adapter() -> TypeAdapter[Entry]:
    from pydantic import TypeAdapter

    return TypeAdapter(Entry)
