"""What the comment tells of each model: its record, the ones before it, who is at fault, what stayed open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apr_qa.bot.comments.result import Result
from apr_qa.bot.registering import earlier_records
from apr_qa.bot.ticketing import Ticketed
from apr_qa.bot.unreported import draft_link
from apr_qa.github.policy import TicketPolicy
from apr_qa.github.snapshot import Snapshot
from apr_qa.registry.record import Record
from apr_qa.reports._statements import open_claims
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.verdict import Outcome

Certified = Sequence[tuple[Evidence, Record]]


def shown(certified: Certified, base: Snapshot, ticketed: Ticketed, rules: TicketPolicy, server: str) -> list[Result]:
    """Return what is told of each model. Raises InputError when a record of the registry is broken, GitHubError."""
    # (an answer that is given again finds its own record there, and that is none before it)
    found = earlier_records(base, [record.model for _, record in certified])
    mine = [record for _, record in certified]
    earlier = {model: before for model, all_ in found.items() if (before := tuple(r for r in all_ if r not in mine))}
    return [
        Result(
            record=record,
            before=earlier[record.model][-1] if record.model in earlier else None,
            earlier=earlier.get(record.model, ()),
            tickets=_tickets(record, ticketed, rules, server),
            culprits=_culprits(record, ticketed),
            open=_open(evidence, record),
        )
        for evidence, record in certified
    ]


def _open(evidence: Evidence, record: Record) -> tuple[tuple[str, int], ...]:
    """Why claims have no verdict; those that no verdict speaks of were not asked any more."""
    told = tuple((c.reason, c.count) for c in open_claims(evidence) if c.outcome is Outcome.UNJUDGED)
    rest = record.outcomes.get(Outcome.UNJUDGED, 0) - sum(count for _, count in told)
    return (*told, ("the run ended before they were asked", rest)) if rest > 0 else told


def _culprits(record: Record, ticketed: Ticketed) -> Mapping[str, str]:
    """Whether a file or the engine is at fault, by gate. A gate that fell for both reasons is told of neither."""
    found: dict[str, set[str]] = {}
    for draft in ticketed.drafted:
        for model, gate, _ in draft.places:
            if model == record.model:
                found.setdefault(gate, set()).add("file" if draft.is_of_file else "engine")
    return {gate: next(iter(kinds)) for gate, kinds in found.items() if len(kinds) == 1}


def _tickets(record: Record, ticketed: Ticketed, rules: TicketPolicy, server: str) -> Mapping[str, str]:
    """Where each lost gate of a model is told: its issue, or a form that is filled in."""
    found: dict[str, str] = {}
    for draft in ticketed.drafted:
        if record.model in draft.models:
            where = ticketed.urls.get(draft.fingerprint) or draft_link(draft, rules, server)
            found |= dict.fromkeys(draft.gates, where)
    return found
