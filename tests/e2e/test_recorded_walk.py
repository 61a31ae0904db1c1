"""The whole of it, once: a comment, shards, a certificate, a broken model, a ticket, its end; and who may not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from talk import example
from transcript import Transcript
from workflows import Run
from world import PLAYBOOK, POLICY, ROOT, World, world

from apr_qa.bot.answering import LEDGER
from apr_qa.bot.registering import FOLDER
from apr_qa.registry.rows import parse_csv
from apr_qa.tickets.ledger import read_ledger
from apr_qa.vocab.effects import TicketState

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
ASKED = "/certify tiny mvp"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for the walk: every step finds what the ones before left."""
    with world(tmp_path_factory.mktemp("e2e")) as made:
        yield made


@pytest.fixture(scope="module")
def record() -> Transcript:
    return Transcript(Path(os.environ.get("APR_QA_E2E_OUT", ROOT / "out" / "e2e")) / "transcript.md")


def _row(here: World) -> dict[str, str]:
    rows = parse_csv(here.repo.git.text("main", f"{FOLDER}/models.csv"))
    return next(row for row in rows if row["model_id"] == "apr-qa/tiny")


def _records(here: World) -> int:
    return len([p for p in here.repo.git.paths("main") if p.startswith(f"{FOLDER}/records/")])


def _check(here: World, run: Run) -> tuple[str, str | None]:
    """The newest check run on the head of the pull request."""
    assert run.done[-1].status == 0, run.done[-1].said
    checks = [c for c in here.repo.checks.values() if c["head_sha"] == here.repo.git.head("pr-7")]
    return checks[-1]["status"], checks[-1]["conclusion"]


def _reaction(here: World) -> list[str]:
    return [content for _, content in here.asked.reactions.values()]


def test_1_a_maintainer_certifies(here: World, record: Transcript) -> None:
    """Planned, judged in three processes that hold no token, published, committed, commented, checked."""
    run = here.say("mia", ASKED)
    record.chapter("A maintainer asks, the model is certified", here, run, ASKED)
    shards = [done for done in run.done if done.command == "run-shard"]
    assert [done.status for done in shards] == [0, 0, 0]
    work = [done for done in run.done if done.command in ("plan", "run-shard", "publish")]
    assert not any("TOKEN" in name or "APP_KEY" in name for done in work for name, value in done.env.items() if value)
    assert "### ✅ Certified: 1 of 1 model, tier mvp" in here.sticky()
    earlier = [line for comment in here.repo.comments.values() for line in comment.history]
    assert any("### 🕓 Queued: 1 model, tier mvp" in body for body in earlier)
    assert any("### 🔵 Running: 0 of" in body for body in earlier)
    assert _check(here, run) == ("completed", "success")
    assert _reaction(here) == ["hooray"]
    assert (_row(here)["status"], _row(here)["certified_tier"], _records(here)) == ("CERTIFIED", "mvp", 1)
    assert "1 certified" in here.repo.git.text("main", "README.md")
    assert "Apr-Qa-Run: 501" in here.repo.git.git("log", "-1", "--format=%B", "main")
    assert here.tickets == []


def test_2_a_noisy_model_is_blocked_and_told_upstream(here: World, record: Transcript) -> None:
    """Whatever format and answer it shows in: one cause, one ticket, in the repository that the policy names."""
    here.put_model(noisy=True)
    run = here.say("mia", ASKED)
    record.chapter("The same with a noisy model", here, run, ASKED)
    assert "### ❌ Blocked" in here.sticky()
    assert _check(here, run) == ("completed", "failure")
    assert (_row(here)["status"], _records(here)) == ("BLOCKED", 2)
    (ticket,) = here.tickets
    assert ticket.state == "open"
    assert {"apr-qa", "priority:P0", "model-fault"} <= set(ticket.labels)
    assert f"https://github.com/paiml/aprender/issues/{ticket.number}" in here.sticky()
    remarks = [remark for check in here.repo.checks.values() for remark in check["annotations"]]
    lines = here.repo.git.text("main", PLAYBOOK).splitlines()
    assert {lines[remark["start_line"] - 1].strip().partition(":")[0] for remark in remarks} >= {"formats"}


def test_3_the_same_fault_again_is_no_second_ticket(here: World, record: Transcript) -> None:
    """The ticket that there is is brought up to date."""
    run = here.say("mia", ASKED)
    record.chapter("And again", here, run, ASKED)
    assert "### ❌ Blocked" in here.sticky()
    assert [ticket.state for ticket in here.tickets] == ["open"]
    (entry,) = read_ledger(here.repo.git.text("main", LEDGER), LEDGER)
    assert (entry.state, entry.number, entry.models) == (TicketState.OPEN, 1, ("apr-qa/tiny",))


def test_4_one_healthy_run_closes_nothing(here: World, record: Transcript) -> None:
    """The claims that were lost survive; once is not enough."""
    here.put_model(noisy=False)
    run = here.say("mia", ASKED)
    record.chapter("The model is mended", here, run, ASKED)
    assert "### ✅ Certified" in here.sticky()
    assert _row(here)["status"] == "CERTIFIED"
    assert [ticket.state for ticket in here.tickets] == ["open"]


def test_5_the_second_closes_the_ticket(here: World, record: Transcript) -> None:
    """Closed as completed, with the evidence named."""
    run = here.say("mia", ASKED)
    record.chapter("Healthy a second time", here, run, ASKED)
    assert _check(here, run) == ("completed", "success")
    assert [(ticket.state, ticket.reason) for ticket in here.tickets] == [("closed", "completed")]
    (said,) = [comment.body for comment in here.upstream.comments.values()]
    assert "tried again and survived" in said
    (entry,) = read_ledger(here.repo.git.text("main", LEDGER), LEDGER)
    assert entry.state is TicketState.CLOSED


def test_6_a_stranger_starts_nothing(here: World, record: Transcript) -> None:
    """A reply that says who may; no job, no comment about a run, no commit."""
    before = here.repo.git.head("main"), here.sticky()
    run = here.say("stranger", ASKED)
    record.chapter("A stranger asks", here, run, ASKED)
    assert [done.command for done in run.done] == ["bot"]
    assert "`denied-stranger`" in here.reply()
    assert _reaction(here) == ["-1"]
    assert (here.repo.git.head("main"), here.sticky()) == before


def test_7_a_changed_playbook_takes_the_untrusted_path(here: World, record: Transcript) -> None:
    """Its text, read at that commit, is what is asked; the answer is shown and written nowhere."""
    here.hub.state.pull(here.repo, 9, [PLAYBOOK], author="ann")
    text = here.repo.git.text("main", PLAYBOOK).replace("seed: 42", "seed: 43")
    here.repo.git.commit("pr-9", {PLAYBOOK: text})
    before = here.repo.git.head("main"), len(here.tickets)
    said = "/certify changed smoke"
    run = here.say("mia", said, pull=9)
    record.chapter("A pull request changes the playbook", here, run, said, pull=9)
    assert run.done[-1].status == 0, run.done[-1].said
    assert "Nothing was written to the registry: the pull request changes a playbook that it uses." in here.sticky(9)
    assert "### 🟡 Provisional" in here.sticky(9)
    assert (here.repo.git.head("main"), len(here.tickets)) == before
    plan = next(run.store.folder.glob("apr-qa-plan/plan.json")).read_text()
    assert '"seed":43' in plan
    assert "brought by commit" in plan
    checks = [c for c in here.repo.checks.values() if c["head_sha"] == here.repo.git.head("pr-9")]
    assert [(c["status"], c["conclusion"]) for c in checks] == [("completed", "success")]


def test_8_a_push_tries_the_playbooks_that_it_changes(here: World, record: Transcript) -> None:
    """On the default branch that is trusted: the pushed text is tried at smoke and recorded; no comment is written."""
    text = here.repo.git.text("main", PLAYBOOK).replace("seed: 42", "seed: 44")
    after = here.repo.git.commit("main", {PLAYBOOK: text}, message="Another seed")
    payload = example("push")
    payload["repository"] |= {"full_name": "o/r", "default_branch": "main"}
    commit = {"message": "Another seed", "added": [], "modified": [PLAYBOOK], "removed": []}
    payload |= {"ref": "refs/heads/main", "after": after, "deleted": False, "commits": [commit]}
    before = here.sticky(), _records(here)
    run = here.run(ROOT / ".github/workflows/certify-push.yml", "push", payload, "ann")
    record.event("A push changes a playbook", here, run)
    assert run.done[-1].status == 0, run.done[-1].said
    assert (here.sticky(), _records(here)) == (before[0], before[1] + 1)
    checks = [c for c in here.repo.checks.values() if c["head_sha"] == after]
    assert [(c["status"], c["conclusion"]) for c in checks] == [("completed", "success")]
    # (what we commit starts nothing: the bot reads its own trailer)
    ours = here.repo.git.git("log", "-1", "--format=%B", "main")
    payload |= {"after": here.repo.git.head("main"), "commits": [{**commit, "message": ours}]}
    again = here.run(ROOT / ".github/workflows/certify-push.yml", "push", payload, "mia")
    assert [done.job for done in again.done] == ["hear: bot"]


def test_9_at_night_the_policy_says_what(here: World, record: Transcript) -> None:
    """The schedule carries out the policy's words on the default branch."""
    here.repo.git.commit("main", {".github/apr-qa.yml": f"{POLICY}nightly: tiny smoke\n"})
    before = _records(here)
    run = here.run(ROOT / ".github/workflows/nightly.yml", "schedule", {"schedule": "17 2 * * *"}, "mia")
    record.event("At night", here, run)
    assert run.done[-1].status == 0, run.done[-1].said
    assert _records(here) == before + 1
