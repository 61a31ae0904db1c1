"""The end of a run on the fake GitHub: comment, check run, reaction, registry."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import sample_records
from gh_server import FakeGitHub, Fault
from talk import Talk

from apr_qa.bot.answering import LEDGER
from apr_qa.bot.comments.result import Result
from apr_qa.bot.finishing import Finished, finish
from apr_qa.bot.job import Job
from apr_qa.bot.registering import FOLDER, derivation
from apr_qa.bot.state import Stage, read_state
from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.github.comments import own_comments
from apr_qa.github.policy import Quiet
from apr_qa.github.publishing import How, Published, publish
from apr_qa.github.snapshot import Snapshot
from apr_qa.registry.record import Record
from apr_qa.registry.rows import parse_csv
from apr_qa.tickets.ledger import Entry, ledger_text, read_ledger
from apr_qa.vocab.score import Status


@pytest.fixture
def talk(hub: FakeGitHub, client: Client) -> Talk:
    return Talk(hub, client)


def _queued(talk: Talk) -> Job:
    talk.say("boss", "/certify qwen-coder/0.5B smoke")
    assert talk.heard.job is not None
    return talk.heard.job


def _end(talk: Talk, job: Job, *records: Record, quiet: Quiet = Quiet.OFF) -> None:
    results = tuple(Result(record=record) for record in records)
    head = talk.repo.git.head("pr-7")
    for effect in finish(Finished(job=job, results=results, head_sha=head, quiet=quiet)):
        talk.client.perform(effect)


@pytest.mark.parametrize(
    ("record", "conclusion", "reaction", "title"),
    [
        (sample_records.certified(), "success", "hooray", "✅ Certified"),
        (sample_records.provisional(), "success", "+1", "🟡 Provisional"),
        (sample_records.blocked(), "failure", "-1", "❌ Blocked"),
        (sample_records.no_verdict("2026-11-21"), "action_required", "-1", "⚠️ Partial"),
        (None, "action_required", "-1", "⚠️ Partial"),
    ],
)
def test_a_run_ends_where_it_was_announced(
    talk: Talk, record: Record | None, conclusion: str, reaction: str, title: str
) -> None:
    """The sticky comment, the check run and the reaction all say how it ended; there is still one of each."""
    job = _queued(talk)
    _end(talk, job, *([replace(record, model=job.models[0])] if record else []))
    assert f"### {title}" in talk.sticky
    assert talk.reaction == reaction
    assert [(c["status"], c["conclusion"]) for c in talk.repo.checks.values()] == [("completed", conclusion)]


def test_after_the_end_what_was_not_judged_can_be_asked_again(talk: Talk) -> None:
    """The state knows the models without a verdict, and `retry` takes them up."""
    job = _queued(talk)
    _end(talk, job)
    state = read_state(own_comments(talk.client.door, "o/r", 7))
    assert state is not None
    assert (state.stage, state.unjudged) == (Stage.DONE, job.models)
    assert talk.say("boss", "/certify retry") == ("queued",)


def test_a_moved_head_makes_it_outdated(talk: Talk) -> None:
    """The result stays on its own commit; the comment says that it is not about the new one."""
    job = _queued(talk)
    talk.repo.git.commit("pr-7", {"more.md": "x\n"})
    _end(talk, job, replace(sample_records.certified(), model=job.models[0]))
    assert "### 🕰️ Outdated" in talk.sticky
    assert "`/certify qwen-coder/0.5B smoke`" in talk.sticky
    (check,) = talk.repo.checks.values()
    assert (check["head_sha"], check["conclusion"]) == (job.sha, "success")


def test_quiet_says_little_of_what_passed(talk: Talk) -> None:
    """With `quiet: failures` a pass is one line, a block is told in full."""
    job = _queued(talk)
    _end(talk, job, replace(sample_records.certified(), model=job.models[0]), quiet=Quiet.FAILURES)
    assert "### " not in talk.sticky
    _end(talk, job, replace(sample_records.blocked(), model=job.models[0]), quiet=Quiet.FAILURES)
    assert "### ❌ Blocked" in talk.sticky


def _register(hub: FakeGitHub, access: Access, record: Record) -> Published:
    """Write a record, and a line of the ledger of its own."""

    def ledger(snapshot: Snapshot) -> dict[str, str]:
        there = read_ledger(snapshot.text(LEDGER), LEDGER) if LEDGER in snapshot.blobs else ()
        mine = Entry(repo="up/stream", fingerprint=record.model, title="x")
        return {LEDGER: ledger_text({entry.key: entry for entry in (*there, mine)}.values())}

    client = Client(access)
    try:
        return publish(client, access, "o/r", "main", derivation([record], "77", ledger))
    finally:
        client.close()


def test_a_record_arrives_with_its_table_and_badges(hub: FakeGitHub, access: Access) -> None:
    """One commit holds record, row and badges; the same again writes nothing."""
    record = sample_records.certified()
    assert _register(hub, access, record).how is How.COMMITTED
    git = hub.state.repo("o/r").git
    rows = {row["model_id"]: row for row in parse_csv(git.text("main", f"{FOLDER}/models.csv"))}
    assert rows[record.model]["status"] == Status.CERTIFIED
    assert len([p for p in git.paths("main") if p.startswith(f"{FOLDER}/records/")]) == 1
    assert "Apr-Qa-Run: 77" in git.git("log", "-1", "--format=%B", "main")
    assert _register(hub, access, record).how is How.NOTHING


def test_twenty_publishers_of_one_registry_lose_no_row(hub: FakeGitHub, access: Access) -> None:
    """Twenty at once, with answers lost now and then: twenty records, twenty rows, twenty lines, none twice."""
    records = [replace(sample_records.certified(), model=f"org/model-{n:02}") for n in range(20)]
    hub.faults += [Fault(match="mutation", kind=kind, skip=skip) for kind, skip in (("lost", 3), ("502", 9))]
    quick = replace(access, backoff_s=0.01)
    threads = [threading.Thread(target=_register, args=(hub, quick, record)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    git = hub.state.repo("o/r").git
    rows = [row for row in parse_csv(git.text("main", f"{FOLDER}/models.csv")) if row["status"] == Status.CERTIFIED]
    assert [row["model_id"] for row in rows] == [record.model for record in records]
    assert len([p for p in git.paths("main") if p.startswith(f"{FOLDER}/records/")]) == 20
    entries = read_ledger(git.text("main", LEDGER), LEDGER)
    assert [entry.fingerprint for entry in entries] == [record.model for record in records]
