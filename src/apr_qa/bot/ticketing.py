"""Lost claims become issues where they belong, or drafts; what survived often enough closes them.

Only trusted runs file. A list of issues that is empty although the ledger knows some is taken for an outage: then
nothing is filed, for it would all be filed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apr_qa.bot.flood import one_for_all
from apr_qa.bot.job import Job
from apr_qa.github import issues
from apr_qa.github.client import Client
from apr_qa.github.errors import GitHubError
from apr_qa.github.policy import TicketPolicy
from apr_qa.pipeline.tickets import write_drafts
from apr_qa.tickets.drafts import Draft, drafts, effect_of
from apr_qa.tickets.ledger import Entry, settle
from apr_qa.tickets.markdown import span
from apr_qa.vocab.effects import Label, TicketEffect, TicketState
from apr_qa.vocab.evidence import Evidence

FOLDER = "tickets"
Key = tuple[str, str]
Doors = Callable[[str], Client | None]
"""Who may file in a repository; None: nobody."""


@dataclass(slots=True, kw_only=True)
class Ticketed:
    """What became of the lost claims."""

    drafted: tuple[Draft, ...] = ()
    """All causes of the run, filed or not; each lies in the results as a text."""
    filed: dict[Key, Draft] = field(default_factory=dict)
    """Those that are, or are to be, open issues."""
    known: dict[Key, tuple[int | None, str]] = field(default_factory=dict)
    """Number and address of the issues that were touched."""
    urls: dict[str, str] = field(default_factory=dict)
    """Address of the issue, by fingerprint of the cause."""
    failed: dict[Key, str] = field(default_factory=dict)
    """What could not be brought about, and why."""
    closed: list[str] = field(default_factory=list)


def ticket_all(
    pieces: Sequence[Evidence], job: Job, policy: TicketPolicy, ledger: Sequence[Entry], doors: Doors, folder: Path
) -> Ticketed:
    """Draft every cause into `folder`, file those that may be filed, close what is mended.

    Raises WorkspaceError when the drafts cannot be written; what GitHub refuses is in `failed`.
    """
    done = Ticketed(drafted=drafts(pieces))
    for repo, found in _by_repo(done.drafted, policy).items():
        write_drafts(found, repo or "nowhere", folder / FOLDER / (repo.replace("/", "--") or "nowhere"))
    if not (job.trusted and job.tickets):
        return done
    for repo, found in _by_repo([d for d in done.drafted if set(d.asked) <= set(policy.engines)], policy).items():
        if repo and (client := doors(repo)):
            _file_all(client, repo, found, ledger, policy.most, done)
    _close_all(pieces, ledger, policy.passes, doors, done)
    return done


def _by_repo(found: Sequence[Draft], policy: TicketPolicy) -> Mapping[str, list[Draft]]:
    by_repo: dict[str, list[Draft]] = {}
    for draft in found:
        by_repo.setdefault(policy.file_repo if draft.is_of_file else policy.engine_repo, []).append(draft)
    return by_repo


def _file_all(
    client: Client, repo: str, found: Sequence[Draft], ledger: Sequence[Entry], most: int, done: Ticketed
) -> None:
    mine = {entry.fingerprint: entry for entry in ledger if entry.repo == repo}
    try:
        there = _there(client, repo, mine.values())
    except GitHubError as error:
        done.failed |= {(repo, draft.fingerprint): str(error) for draft in found}
        return
    new = [draft for draft in found if draft.fingerprint not in mine and draft.fingerprint not in there]
    if len(new) > most:
        kept = one_for_all(new, repo)
        _file(client, repo, kept, mine.get(kept.fingerprint), done)
        url = done.known.get((repo, kept.fingerprint), (None, ""))[1]
        done.urls |= {draft.fingerprint: url for draft in new if url}
    for draft in found:
        if len(new) <= most or draft not in new:
            _file(client, repo, draft, mine.get(draft.fingerprint), done)


def _there(client: Client, repo: str, entries: Iterable[Entry]) -> Mapping[str, Any]:
    there = issues.listed(client.door, repo)
    if not there and any(entry.number for entry in entries):
        raise GitHubError("lists no issue of ours although there are some: nothing is filed", where=repo)
    return there


def _file(client: Client, repo: str, draft: Draft, entry: Entry | None, done: Ticketed) -> None:
    key = (repo, draft.fingerprint)
    models = ", ".join(span(model) for model in draft.models)
    effect = effect_of(
        draft,
        repo,
        number=entry.number if entry else None,
        note=f"Seen again in {models}, {draft.occurrences} lost claims.",
        more="".join(_elsewhere(entry, draft)) if entry else "",
    )
    try:
        for name in effect.labels:
            client.perform(Label(repo=repo, name=name))
        made = client.perform(effect)
    except GitHubError as error:
        done.failed[key] = str(error)
        return
    done.filed[key] = draft
    done.known[key] = (made.number, made.url)
    done.urls[draft.fingerprint] = made.url


def _elsewhere(entry: Entry, draft: Draft) -> Iterator[str]:
    before = [place for place in entry.places if place[0] not in draft.models]
    if before:
        yield "\nSeen before, and not tried in this run:\n\n"
        yield from (f"- {span(model)} {span(gate)} {span(subject)}\n" for model, gate, subject in before[:30])


def _close_all(pieces: Sequence[Evidence], ledger: Sequence[Entry], passes: int, doors: Doors, done: Ticketed) -> None:
    before = {entry.key: entry.state for entry in ledger}
    for entry in settle(ledger, done.filed, pieces, passes):
        if entry.state is before.get(entry.key) or entry.state is TicketState.OPEN:
            continue
        seals = [seal[:12] for model in entry.models for seal in entry.passes[model][-passes:]]
        note = (
            f"Every claim that was lost was tried again and survived, in {passes} runs of each model where it showed."
        )
        effect = TicketEffect(
            repo=entry.repo,
            fingerprint=entry.fingerprint,
            state=TicketState.CLOSED,
            title=entry.title,
            body="",
            number=entry.number,
            note=f"{note} Evidence: {', '.join(map(span, seals))}.",
        )
        _close(doors(entry.repo), effect, entry, done)


def _close(client: Client | None, effect: TicketEffect, entry: Entry, done: Ticketed) -> None:
    if client is None:
        done.failed[entry.key] = "nobody has the right to close it"
        return
    try:
        made = client.perform(effect)
    except GitHubError as error:
        done.failed[entry.key] = str(error)
    else:
        done.known[entry.key] = (made.number or entry.number, made.url or entry.url)
        done.closed.append(made.url or entry.url)
