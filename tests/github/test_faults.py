"""GitHub as it is on bad days: limits, lost answers, stale lists, moved heads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from gh_server import FakeGitHub, Fault
from gh_state import BOT, FakeIssue, FakeRepo, State

from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.github.errors import BusyError, GitHubError, UnsureError
from apr_qa.github.issues import id_line
from apr_qa.vocab.effects import (
    Annotation,
    CheckRun,
    CheckStatus,
    Conclusion,
    Effect,
    Label,
    Mood,
    Reaction,
    StickyComment,
    TicketEffect,
    TicketState,
)

STICKY = StickyComment(repo="o/r", number=7, key="certify", body="### Queued\n")
WRITE = r"^(POST|PATCH|DELETE) /repos"


def _one_comment(hub: FakeGitHub) -> bool:
    return [c.author for c in hub.state.repo("o/r").comments.values()] == [BOT]


@pytest.mark.parametrize("kind", ["secondary", "429", "502", "lost", "lost-502", "dead"])
@pytest.mark.parametrize("match", [WRITE, "graphql", ""])
def test_a_fault_leaves_one_comment(hub: FakeGitHub, client: Client, kind: str, match: str) -> None:
    """Whatever happens to one request, before or after GitHub acted on it, there is one comment in the end."""
    hub.faults.append(Fault(match=match, kind=kind))
    assert client.perform(STICKY).changed or kind.startswith("lost")
    assert _one_comment(hub)


def test_a_stale_list_after_a_lost_answer_leaves_one_comment(hub: FakeGitHub, client: Client) -> None:
    """The comment was written, the answer got lost, the list does not show it yet: the double is removed."""
    hub.faults.append(Fault(match=WRITE, kind="lost", do=lambda state: setattr(state, "stale", 1)))
    client.perform(STICKY)
    assert _one_comment(hub)


def test_a_ticket_is_filed_once_though_the_answer_got_lost(hub: FakeGitHub, client: Client) -> None:
    """The same for tickets: the younger double is closed and the older one counts."""
    hub.faults.append(Fault(match="POST .*/issues$", kind="lost-502", do=lambda state: setattr(state, "stale", 1)))
    done = client.perform(_ticket())
    issues = [i for i in hub.state.repo("o/r").issues.values() if i.pull is None]
    assert [i.number for i in issues if i.state == "open"] == [done.number] == [issues[0].number]


def test_a_server_that_stays_down_is_an_error_that_says_so(hub: FakeGitHub, client: Client) -> None:
    """After some attempts it is said what was asked and what came back."""
    hub.faults.append(Fault(match="graphql", kind="502", times=99))
    with pytest.raises(GitHubError, match="502"):
        client.perform(STICKY)
    hub.faults[:] = [Fault(match=WRITE, kind="dead", times=99)]
    with pytest.raises(UnsureError):
        client.perform(STICKY)


def test_a_limit_that_ends_too_late_is_not_waited_for(hub: FakeGitHub, access: Access) -> None:
    """Nobody sleeps for longer than allowed: the error says how long it would be."""
    client = Client(replace(access, longest_wait_s=-1))
    hub.faults.append(Fault(match=WRITE, kind="secondary"))
    with pytest.raises(BusyError, match="rate limit"):
        client.perform(STICKY)
    client.close()


def _ticket() -> TicketEffect:
    return TicketEffect(
        repo="o/r", fingerprint="0123456789abcdef", state=TicketState.OPEN, title="chat runs on", body="Seen twice.",
        labels=("engine-fault",),
    )  # fmt: skip


def _effects(comment: int) -> list[Effect]:
    """Two rounds, as of a run that is queued and then ends."""
    remarks = tuple(Annotation(path="p.yaml", line=n + 1, title=str(n), message="m") for n in range(60))
    check = CheckRun(
        repo="o/r", sha="a" * 40, name="apr-qa", key="k", status=CheckStatus.COMPLETED,
        title="Blocked", summary="why", conclusion=Conclusion.FAILURE, annotations=remarks,
    )  # fmt: skip
    return [
        Reaction(repo="o/r", comment_id=comment, mood=Mood.EYES),
        STICKY,
        Label(repo="o/r", name="engine-fault"),
        _ticket(),
        Reaction(repo="o/r", comment_id=comment, mood=Mood.REFUSED),
        check,
        replace(STICKY, body="### Blocked\n"),
        replace(_ticket(), fingerprint="f" * 16, state=TicketState.CLOSED, note="It passes again."),
    ]


def _picture(state: State) -> object:
    """Everything that people would see, without ids."""
    repo = state.repo("o/r")
    comments = [(c.issue, c.author, c.body, [r[1] for r in c.reactions.values()]) for c in repo.comments.values()]
    issues = [(i.title, i.body, i.state, i.reason, i.labels) for i in repo.issues.values()]
    checks = [(c["status"], c["conclusion"], [a["title"] for a in c["annotations"]]) for c in repo.checks.values()]
    return comments, issues, checks, sorted(repo.labels)


def _rounds(hub: FakeGitHub, number: int, kind: str) -> tuple[object, bool]:
    """Perform everything; the process dies at call `number`; then another performs everything again."""
    repo = FakeRepo(name="o/r", git=hub.state.repo("o/r").git)
    hub.state.repos["o/r"] = repo
    repo.issues[7] = FakeIssue(7, "a change", "", author="ann", pull={})
    repo.issues[3] = FakeIssue(3, "older", f"Old.\n\n{id_line('f' * 16)}\n", labels=["apr-qa"])
    asked = hub.state.comment(repo, 7, "ann", "/certify tiny")
    access = Access(
        token="bot-token", api_url=hub.url, between_requests_s=0, between_writes_s=0, backoff_s=0, attempts=1
    )
    effects = _effects(asked.id)
    hub.faults[:] = [Fault(match="", kind=kind, skip=number)]
    died = False
    first, second = Client(access), Client(access)
    try:
        for effect in effects:
            first.perform(effect)
    except GitHubError:
        died = True
    hub.faults.clear()
    for effect in effects:
        second.perform(effect)
    first.close()
    second.close()
    return _picture(hub.state), died


@pytest.mark.parametrize("kind", ["dead", "lost"])
def test_death_between_any_two_calls_is_made_good_by_a_rerun(hub: FakeGitHub, kind: str) -> None:
    """For every call: the process ends before or right after GitHub acts on it, a rerun leaves the same as no death."""
    whole, _ = _rounds(hub, 10_000, kind)
    number, died = 0, True
    while died:
        picture, died = _rounds(hub, number, kind)
        assert picture == whole, f"died at call {number}"
        number += 1
    assert number > 20


_CHILD = """
import sys
from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.vocab.effects import StickyComment
access = Access(token="bot-token", api_url=sys.argv[1], between_requests_s=0, between_writes_s=0)
print(flush=True)
Client(access).perform(StickyComment(repo="o/r", number=7, key="certify", body="### Queued"))
"""


def test_a_killed_process_leaves_nothing_that_a_rerun_repeats(hub: FakeGitHub, client: Client) -> None:
    """A real process is killed (SIGKILL) at the moment its comment is written; the rerun finds the comment."""
    child = subprocess.Popen([sys.executable, "-c", _CHILD, hub.url], stdout=subprocess.PIPE)
    hub.faults.append(Fault(match=WRITE, kind="lost", do=lambda _state: os.kill(child.pid, signal.SIGKILL)))
    child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    assert not client.perform(replace(STICKY, body="### Queued")).changed
    assert _one_comment(hub)
