"""Results in, everything that GitHub shows out: real answers of the shipped model, sound and made noisy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from gh_server import FakeGitHub, Fault
from handed import JOB, Results, judged
from talk import NOW

from apr_qa.bot.answering import LEDGER, Answered, Desk, answer
from apr_qa.bot.job import Job
from apr_qa.bot.registering import FOLDER
from apr_qa.bot.situation import Surroundings
from apr_qa.bot.ticketing import Ticketed
from apr_qa.bot.unreported import unreported
from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.pipeline.handed_over import take_over
from apr_qa.registry.rows import parse_csv
from apr_qa.tickets.drafts import drafts
from apr_qa.tickets.ledger import read_ledger

POLICY = "tickets: {engine_repo: up/stream, engines: [reference]}\n"
Answering = Callable[..., Answered]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return judged(tmp_path_factory.mktemp("sound"), noisy=False)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return judged(tmp_path_factory.mktemp("noisy"), noisy=True)


@pytest.fixture
def job(hub: FakeGitHub) -> Job:
    repo = hub.state.repo("o/r")
    hub.state.repo("up/stream")
    repo.git.commit("main", {".github/apr-qa.yml": POLICY})
    return replace(JOB, sha=repo.git.head("pr-7"))


@pytest.fixture
def answers(client: Client, access: Access, tmp_path: Path) -> Answering:
    """Answer a job with results; the folder is new each time, as the job's workspace is."""

    def give(job: Job, results: Results | None, *, may_file: bool = True, digest: str = "") -> Answered:
        desk = Desk(
            client=client,
            access=access,
            doors=lambda _repo: client if may_file else None,
            around=Surroundings(now=NOW, run_id=77, run_url="https://example.org/run/77"),
        )
        if results is None:
            return answer(job, None, "", desk)
        folder, own = results.of(job, tmp_path / str(len(list(tmp_path.iterdir()))))
        return answer(job, folder, digest or own, desk)

    return give


def _comments(hub: FakeGitHub) -> list[str]:
    return [comment.body for comment in hub.state.repo("o/r").comments.values()]


def _conclusions(hub: FakeGitHub) -> list[str]:
    return [check["conclusion"] for check in hub.state.repo("o/r").checks.values()]


def test_a_sound_model_is_registered_and_shown(hub: FakeGitHub, job: Job, sound: Results, answers: Answering) -> None:
    """One commit, one comment, one check run; the same answer again changes nothing at all."""
    done = answers(job, sound)
    assert (done.code, done.how, done.tickets, done.problems) == ("answered", "committed", (), ())
    git = hub.state.repo("o/r").git
    rows = {row["model_id"]: row["status"] for row in parse_csv(git.text("main", f"{FOLDER}/models.csv"))}
    assert rows["apr-qa/tiny"] == "PROVISIONAL"
    before = git.head("main"), _comments(hub), _conclusions(hub)
    assert answers(job, sound).how == "nothing to write"
    assert (git.head("main"), _comments(hub), _conclusions(hub)) == (before[0], _comments(hub), ["success"])
    assert len(before[1]) == len(_comments(hub)) == 1


def test_results_that_never_came_are_no_pass(hub: FakeGitHub, job: Job, answers: Answering) -> None:
    """No folder: the comment says which model is missing, the check run asks for action, nothing is written."""
    head = hub.state.repo("o/r").git.head("main")
    assert answers(job, None).results == ()
    assert "⚠️ Partial" in _comments(hub)[0]
    assert _conclusions(hub) == ["action_required"]
    assert hub.state.repo("o/r").git.head("main") == head


def test_results_are_believed_only_as_they_were_published(
    hub: FakeGitHub, job: Job, sound: Results, noisy: Results, tmp_path: Path, answers: Answering
) -> None:
    """Other evidence, another job, another tool, no digest: each is refused, told, and nothing is written."""
    folder, digest = sound.of(job, tmp_path / "a")
    assert len(take_over(folder, digest, job.digest).results) == 1
    head = hub.state.repo("o/r").git.head("main")
    for path in folder.glob("*/evidence.json"):
        path.write_bytes(next(noisy.folder.glob("*/evidence.json")).read_bytes())
    _refused(folder, digest, job, "not what was published")
    folder, digest = sound.of(job, tmp_path / "b")
    _refused(folder, digest, replace(job, reason="another"), "another job")
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan | {"tool": "0" * 64}))
    _refused(folder, digest, job, "other code of apr-qa")
    done = answers(job, sound, digest="0" * 64)
    assert done.problems
    assert (done.results, _conclusions(hub)) == ((), ["action_required"])
    assert hub.state.repo("o/r").git.head("main") == head


def _refused(folder: Path, digest: str, job: Job, problem: str) -> None:
    with pytest.raises(Exception, match=problem):
        take_over(folder, digest, job.digest)


def test_causes_become_tickets_once(hub: FakeGitHub, job: Job, noisy: Results, answers: Answering) -> None:
    """Each cause is an issue upstream and a line of the ledger; the same fault again files none."""
    done = answers(job, noisy)
    issues = hub.state.repo("up/stream").issues
    assert len(done.tickets) == len(issues) == len(drafts(noisy.pieces)) > 0
    assert all(address in _comments(hub)[0] for address in done.tickets)
    entries = read_ledger(hub.state.repo("o/r").git.text("main", LEDGER), LEDGER)
    assert sorted(entry.number or 0 for entry in entries) == sorted(issues)
    assert answers(replace(job, reason="again"), noisy).tickets == done.tickets
    assert len(issues) == len(done.tickets)


@pytest.mark.parametrize("why", ["untrusted", "no token", "engine"])
def test_where_nobody_may_file_there_are_drafts(
    hub: FakeGitHub, job: Job, noisy: Results, answers: Answering, tmp_path: Path, why: str
) -> None:
    """A text in the results and a form that is filled in; no issue, and no error."""
    if why == "engine":
        hub.state.repo("o/r").git.commit("main", {".github/apr-qa.yml": "tickets: {engine_repo: up/stream}\n"})
    asked = replace(job, trusted=False, commit=False, tickets=False, untrusted_because="x") if why[0] == "u" else job
    done = answers(asked, noisy, may_file=why != "no token")
    count = len(drafts(noisy.pieces))
    assert (len(done.drafts), done.tickets, done.problems) == (count, (), ())
    assert len(list(tmp_path.glob("*/tickets/up--stream/*.md"))) == count > 0
    assert hub.state.repo("up/stream").issues == {}
    assert "https://github.com/up/stream/issues/new?" in _comments(hub)[0]


def test_a_ticket_that_github_refuses_is_told_loudly(
    hub: FakeGitHub, job: Job, noisy: Results, answers: Answering
) -> None:
    """The record is written all the same; the ledger does not claim a ticket that is not there."""
    hub.faults.append(Fault(match="POST /repos/up/stream/issues$", kind="502", times=99))
    done = answers(job, noisy)
    assert len(done.problems) == len(drafts(noisy.pieces))
    assert done.how == "committed"
    assert LEDGER not in hub.state.repo("o/r").git.paths("main")


def test_an_empty_list_is_taken_for_an_outage(hub: FakeGitHub, job: Job, noisy: Results, answers: Answering) -> None:
    """The ledger knows tickets and GitHub lists none: nothing is filed a second time."""
    count = len(answers(job, noisy).tickets)
    hub.state.repo("up/stream").issues.clear()
    done = answers(replace(job, reason="again"), noisy)
    assert any("lists no issue of ours" in problem for problem in done.problems)
    assert hub.state.repo("up/stream").issues == {}
    assert len(read_ledger(hub.state.repo("o/r").git.text("main", LEDGER), LEDGER)) == count > 0


def test_a_fallen_gateway_that_nobody_is_told_of_is_an_error(noisy: Results, tmp_path: Path) -> None:
    """Neither ticket nor draft: a sentence that makes the job red; with a draft there is none."""
    folder, digest = noisy.of(JOB, tmp_path / "x")
    results = take_over(folder, digest, JOB.digest).results
    assert "neither ticket nor draft" in unreported(results, Ticketed())[0]


def test_an_outdated_result_is_written_nowhere(hub: FakeGitHub, job: Job, noisy: Results, answers: Answering) -> None:
    """The head moved: its own commit has the check run, the comment says so, registry and tickets have nothing."""
    hub.state.repo("o/r").git.commit("pr-7", {"more.md": "x\n"})
    head = hub.state.repo("o/r").git.head("main")
    done = answers(job, noisy)
    assert (done.how, done.tickets) == ("", ())
    assert "Outdated" in _comments(hub)[0]
    assert hub.state.repo("o/r").git.head("main") == head


def test_a_branch_that_takes_no_commits_gets_a_pull_request(
    hub: FakeGitHub, job: Job, sound: Results, answers: Answering
) -> None:
    """The comment leads to it, and nothing is red."""
    repo = hub.state.repo("o/r")
    repo.protected.add("main")
    done = answers(job, sound)
    assert (done.how, done.problems) == ("pull request", ())
    assert "The registry rows wait in [a pull request](" in _comments(hub)[0]


def test_where_nothing_may_be_written_the_files_are_kept(
    hub: FakeGitHub, job: Job, sound: Results, answers: Answering, tmp_path: Path
) -> None:
    """Whole files in the results, to be committed by hand; the job is red."""
    hub.state.repo("o/r").read_only = True
    done = answers(job, sound)
    assert done.how == "kept"
    assert "kept in the artefact" in done.problems[0]
    (table,) = tmp_path.glob(f"*/registry/{FOLDER}/models.csv")
    assert "apr-qa/tiny" in table.read_text()
