"""Effects are performed once, however often they are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gh_server import FakeGitHub
from gh_state import BOT

from apr_qa.github.client import Client, describe
from apr_qa.github.comments import mark
from apr_qa.github.errors import ConflictError, MissingError
from apr_qa.vocab.effects import (
    Annotation,
    Branch,
    CancelRun,
    CheckRun,
    CheckStatus,
    CommitFiles,
    Conclusion,
    HideComments,
    Label,
    Mood,
    PullRequest,
    Reaction,
    StickyComment,
)

STICKY = StickyComment(repo="o/r", number=7, key="certify", body="### Queued\n")


def test_a_comment_is_begun_once_and_edited_in_place(hub: FakeGitHub, client: Client) -> None:
    """The second effect under the same key edits the first one's comment; the same text again changes nothing."""
    first = client.perform(STICKY)
    assert not client.perform(STICKY).changed
    second = client.perform(replace(STICKY, body="### Done\n"))
    assert (first.changed, second.changed, second.number) == (True, True, first.number)
    (comment,) = hub.state.repo("o/r").comments.values()
    assert comment.body == f"{mark('certify')}\n### Done\n"
    assert comment.edits == 1


def test_a_copied_mark_is_not_believed(hub: FakeGitHub, client: Client) -> None:
    """A stranger who copies the mark does not get their comment edited."""
    repo = hub.state.repo("o/r")
    hub.state.comment(repo, 7, "mallory", f"{mark('certify')}\nmine")
    client.perform(STICKY)
    assert [c.author for c in repo.comments.values()] == ["mallory", BOT]
    assert next(iter(repo.comments.values())).edits == 0


def test_comments_beyond_the_first_page_are_found(hub: FakeGitHub, client: Client) -> None:
    """The comment of ours is found behind two hundred others."""
    repo = hub.state.repo("o/r")
    for _ in range(205):
        hub.state.comment(repo, 7, "ann", "talk")
    client.perform(STICKY)
    for _ in range(5):
        hub.state.comment(repo, 7, "ann", "more talk")
    assert not client.perform(STICKY).changed


def test_quiet_edits_do_not_begin_a_comment(hub: FakeGitHub, client: Client) -> None:
    """An edit that is only for a comment that is there does nothing without one."""
    assert not client.perform(replace(STICKY, only_if_there=True)).changed
    assert hub.state.repo("o/r").comments == {}


def test_old_comments_are_folded_away(hub: FakeGitHub, client: Client) -> None:
    """Comments under the keys are hidden, others are not."""
    client.perform(STICKY)
    client.perform(replace(STICKY, key="reply:1"))
    assert client.perform(HideComments(repo="o/r", number=7, keys=("certify",))).changed
    assert not client.perform(HideComments(repo="o/r", number=7, keys=("certify",))).changed
    assert [c.hidden for c in hub.state.repo("o/r").comments.values()] == [True, False]


def test_one_reaction_of_ours_stays(hub: FakeGitHub, client: Client) -> None:
    """A new reaction takes the place of the one before; other people's reactions are left alone."""
    asked = hub.state.comment(hub.state.repo("o/r"), 7, "ann", "hello")
    asked.reactions[1] = ("ann", "eyes")
    for mood in (Mood.EYES, Mood.ROCKET, Mood.ROCKET):
        client.perform(Reaction(repo="o/r", comment_id=asked.id, mood=mood))
    assert list(asked.reactions.values()) == [("ann", "eyes"), (BOT, "rocket")]


def _check(hub: FakeGitHub, count: int) -> CheckRun:
    remarks = tuple(Annotation(path="p.yaml", line=n + 1, title=f"t{n}", message="m") for n in range(count))
    sha = hub.state.repo("o/r").git.head("pr-7")
    return CheckRun(
        repo="o/r", sha=sha, name="apr-qa", key="plan-1", status=CheckStatus.COMPLETED, title="Blocked", summary="why",
        conclusion=Conclusion.FAILURE, annotations=remarks,
    )  # fmt: skip


def test_a_check_run_gets_every_annotation_once(hub: FakeGitHub, client: Client) -> None:
    """120 annotations arrive in portions of 50, and performing it again sends none."""
    effect = _check(hub, 120)
    begun = replace(effect, status=CheckStatus.QUEUED, conclusion=None, annotations=(), title="Queued")
    client.perform(begun)
    client.perform(effect)
    assert not client.perform(effect).changed
    (check,) = hub.state.repo("o/r").checks.values()
    assert [a["title"] for a in check["annotations"]] == [f"t{n}" for n in range(120)]
    assert (check["status"], check["conclusion"]) == ("completed", "failure")


def test_a_commit_needs_the_head_that_was_seen(hub: FakeGitHub, client: Client) -> None:
    """A commit on the seen head arrives whole; the same on an older head is a conflict and writes nothing."""
    git = hub.state.repo("o/r").git
    effect = CommitFiles(
        repo="o/r", branch="main", expected_head=git.head("main"), headline="Records", additions={"a/ä.txt": "ö\n"},
        deletions=("README.md",),
    )  # fmt: skip
    assert client.perform(effect).note == git.head("main")
    assert git.text("main", "a/ä.txt") == "ö\n"
    assert "README.md" not in git.paths("main")
    with pytest.raises(ConflictError):
        client.perform(effect)
    with pytest.raises(MissingError):
        client.perform(replace(effect, branch="gone"))


def test_branches_labels_and_pull_requests_are_made_once(hub: FakeGitHub, client: Client) -> None:
    """Each is found again the second time."""
    sha = hub.state.repo("o/r").git.head("main")
    effects = (
        Branch(repo="o/r", name="apr-qa/x", sha=sha),
        Label(repo="o/r", name="engine-fault", color="b60205"),
        PullRequest(repo="o/r", head="apr-qa/x", base="main", title="t", body="b"),
    )
    assert [client.perform(effect).changed for effect in (*effects, *effects)] == [True] * 3 + [False] * 3


def test_a_run_that_has_ended_is_left_alone(hub: FakeGitHub, client: Client) -> None:
    """Cancelling stops a running run, and does nothing the second time."""
    hub.state.repo("o/r").runs[5] = "running"
    assert client.perform(CancelRun(repo="o/r", run_id=5)).changed
    assert client.perform(CancelRun(repo="o/r", run_id=5)).note == "it has ended"


def test_one_effect_that_fails_does_not_stop_the_others(hub: FakeGitHub, client: Client) -> None:
    """All effects are tried; a failed one is marked, a failed reaction is not held against anybody."""
    gone = Reaction(repo="o/r", comment_id=99, mood=Mood.EYES)
    done = client.perform_all([gone, replace(STICKY, number=99), STICKY])
    assert [d.failed for d in done] == [False, True, False]
    assert len(hub.state.repo("o/r").comments) == 1


def test_a_dry_run_prints_one_line() -> None:
    """Every effect can be told in one line without its long texts."""
    said = describe(replace(STICKY, body="x\n" * 500))
    assert said == "StickyComment repo=o/r number=7 key=certify body=(1000 characters)"
