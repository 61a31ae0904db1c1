"""What came of a job is written down: tickets, one commit to the registry, the comment, the check run.

Everything is looked up anew and every effect looks before it writes, so an answer that died may be given again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.bot.comments.progress import Links
from apr_qa.bot.finishing import Finished, finish
from apr_qa.bot.job import Job
from apr_qa.bot.registering import FOLDER, derivation
from apr_qa.bot.remarks import remarks
from apr_qa.bot.showing import shown
from apr_qa.bot.situation import Surroundings
from apr_qa.bot.state import RunState, Stage, read_state
from apr_qa.bot.ticketing import Doors, Ticketed, ticket_all
from apr_qa.bot.unreported import unreported
from apr_qa.errors import InputError
from apr_qa.files import write_text
from apr_qa.github import facts
from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.github.comments import own_comments
from apr_qa.github.policy import Policy
from apr_qa.github.publishing import How, Published, publish
from apr_qa.github.snapshot import Snapshot, take_snapshot
from apr_qa.pipeline.handed_over import HandedOver, take_over
from apr_qa.pipeline.rescore import Rescored
from apr_qa.registry.record import Record, make_record
from apr_qa.tickets.ledger import ledger_text, numbered, read_ledger, settle
from apr_qa.vocab.effects import Effect, StickyComment
from apr_qa.vocab.evidence import Evidence

LEDGER = f"{FOLDER}/tickets.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where an answer is written from."""

    client: Client
    access: Access
    doors: Doors
    around: Surroundings
    server: str = "https://github.com"
    image: str = ""
    """That ran the models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer came to."""

    code: str
    results: tuple[Rescored, ...] = ()
    paths: tuple[Path, ...] = ()
    """Of their evidence."""
    commit: str = ""
    how: str = ""
    tickets: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """What should have come about and did not: the job is red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A job that has ended, and what has to be known to answer it."""

    job: Job
    head: str
    """Of the pull request now."""
    state: RunState | None
    policy: Policy
    base: Snapshot
    """The default branch."""
    results: tuple[Rescored, ...]

    @property
    def pieces(self) -> list[Evidence]:
        """All evidence."""
        return [item.evidence for item in self.results]

    @property
    def certified(self) -> list[Evidence]:
        """The evidence of models that anything was run of."""
        return [piece for piece in self.pieces if piece.run.started_at]

    @property
    def records(self) -> list[Record]:
        """A record of each certification; of a model that nothing was run of there is none."""
        return [make_record(i.evidence, i.scorecard) for i in self.results if i.evidence.run.started_at]

    @property
    def may_write(self) -> Job:
        """The job as far as it may be written down: what is outdated is shown on its own commit only."""
        return self.job if self.head == self.job.sha else replace(self.job, commit=False, tickets=False)


def answer(job: Job, folder: Path | None, digest: str, desk: Desk) -> Answered:
    """Write down what came of `job`; `folder` and `digest` are what `apr-qa publish` made, if it came so far.

    Raises InputError for a broken policy or registry, GitHubError, WorkspaceError. A failed lookup writes nothing.
    """
    door = desk.client.door
    state = read_state(own_comments(door, job.repo, job.number)) if job.number is not None else None
    if state and state.job == job.digest and state.stage is Stage.CANCELLED:
        return Answered(code="cancelled")
    handed, problems = _taken(job, folder, digest)
    ended = _Ended(
        job=job,
        head=facts.pull(door, job.repo, job.number).head_sha if job.number is not None else job.sha,
        state=state,
        policy=facts.policy(door, job.repo, job.branch),
        base=take_snapshot(door, job.repo, job.branch),
        results=handed.results if handed else (),
    )
    rules, may = ended.policy.tickets, ended.may_write
    ledger = read_ledger(ended.base.text(LEDGER), LEDGER) if LEDGER in ended.base.blobs else ()
    ticketed = ticket_all(ended.pieces, may, rules, ledger, desk.doors, folder or Path())
    published = _register(may, ended, ticketed, desk)
    failed = _perform(finish(_finished(ended, ticketed, published, desk)), state, job, desk.client)
    kept = _kept(published, folder or Path())
    urls = tuple(filter(None, dict.fromkeys(ticketed.urls.values())))
    return Answered(
        code="answered",
        results=ended.results,
        paths=handed.paths if handed else (),
        commit=published.commit if published else "",
        how=str(published.how) if published else "",
        tickets=urls,
        drafts=tuple(draft.title for draft in ticketed.drafted if not ticketed.urls.get(draft.fingerprint)),
        closed=tuple(ticketed.closed),
        problems=(*problems, *unreported(ended.results, ticketed), *kept, *failed),
    )


def _finished(ended: _Ended, ticketed: Ticketed, published: Published | None, desk: Desk) -> Finished:
    certified = [*zip(ended.certified, ended.records, strict=True)]
    return Finished(
        job=ended.job,
        results=tuple(shown(certified, ended.base, ticketed, ended.policy.tickets, desk.server)),
        head_sha=ended.head,
        asked_at=ended.state.asked_at if ended.state else (),
        quiet=ended.policy.quiet,
        links=_links(ended.job, published, desk),
        commit=published.commit if published else "",
        tickets=tuple([*filter(None, ticketed.urls.values())] or [draft.title for draft in ticketed.drafted]),
        carried=_carried(desk.around.rows, ended.job),
        annotations=remarks(ended.job, ended.pieces, ended.base),
        image=desk.image,
    )


def _taken(job: Job, folder: Path | None, digest: str) -> tuple[HandedOver | None, list[str]]:
    """The results, or why there are none. Without any the comment says that they never arrived."""
    if folder is None or not digest:
        return None, []
    try:
        return take_over(folder, digest, job.digest), []
    except InputError as error:
        return None, [str(error)]


def _register(job: Job, ended: _Ended, ticketed: Ticketed, desk: Desk) -> Published | None:
    if not (job.trusted and job.commit and ended.records):
        return None

    def ledger(snapshot: Snapshot) -> Mapping[str, str]:
        there = read_ledger(snapshot.text(LEDGER), LEDGER) if LEDGER in snapshot.blobs else ()
        after = settle(there, ticketed.filed, ended.pieces, ended.policy.tickets.passes)
        failed = [entry for entry in there if entry.key in ticketed.failed]
        text = ledger_text([*numbered(after, ticketed.known, ticketed.failed), *failed])
        return {LEDGER: text} if text else {}

    derive = derivation(ended.records, str(desk.around.run_id or "by hand"), ledger)
    return publish(desk.client, desk.access, job.repo, job.branch, derive)


def _kept(published: Published | None, folder: Path) -> list[str]:
    """Where nothing may be written, the files of the commit lie in the results, to be committed by hand."""
    if published is None or published.how is not How.KEPT:
        return []
    for path, text in published.change.additions.items():
        write_text(folder / "registry" / path, text)
    return [f"the registry's files are kept in the artefact: {published.note}"]


def _links(job: Job, published: Published | None, desk: Desk) -> Links:
    run = desk.around.run_url
    tree = f"{desk.server}/{job.repo}/tree/{published.commit}/{FOLDER}" if published and published.commit else ""
    beside = published.url if published and published.how is How.PULL_REQUEST else ""
    return Links(run=run, evidence=f"{run}#artifacts" if run else "", certificate=tree, registry=beside)


def _carried(rows: Mapping[str, Mapping[str, str]], job: Job) -> str:
    mine = {name.partition("@")[0] for name in job.models}
    others = Counter(row.get("status", "").lower() for name, row in rows.items() if name not in mine)
    said = [f"{count} {status}" for status, count in sorted(others.items()) if status and status != "pending"]
    return f"Models of the registry that this run does not touch: {', '.join(said)}." if said else ""


def _perform(effects: Sequence[Effect], state: RunState | None, job: Job, client: Client) -> list[str]:
    """Perform what is shown at the end. A comment that is about a later run by now is left to that run."""
    later = state is not None and state.job != job.digest
    done = client.perform_all(e for e in effects if not (later and isinstance(e, StickyComment)))
    return [f"{type(item.effect).__name__}: {item.note}" for item in done if item.failed]
