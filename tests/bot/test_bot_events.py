"""Events as GitHub sends them, and what they start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from gh_server import FakeGitHub
from talk import NOW, comment_payload, example, schema_faults

from apr_qa.bot.main import Heard, hear
from apr_qa.bot.situation import Surroundings
from apr_qa.errors import InputError
from apr_qa.github.client import Client
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.events import Comment, Dispatch, Nothing, Push, Schedule, parse_event

EXAMPLES = {
    "issue_comment": "issue_comment$created",
    "push": "push$event",
    "workflow_dispatch": "workflow_dispatch$event",
    "pull_request": "pull_request$opened",
    "check_run": "check_run$completed",
}
MODEL = "Qwen/Qwen2.5-Coder-0.5B-Instruct"
PATH = "playbooks/models/mine.playbook.yaml"
PLAYBOOK = f"""\
name: mine
version: 1.0.0
tier: smoke
model:
  hf_repo: {MODEL}
test_matrix:
  modalities: [run]
  backends: [cpu]
  scenario_count: 1
"""


@pytest.mark.parametrize("event", EXAMPLES)
def test_examples_of_github_fulfil_their_schemas_and_are_read(event: str) -> None:
    """Each vendored payload is valid, and reading it raises nothing."""
    assert schema_faults(EXAMPLES[event], example(event)) == []
    parse_event(event, example(event))


def test_a_comment_on_a_pull_request() -> None:
    """Who wrote what where, and nothing else."""
    event = parse_event("issue_comment", comment_payload("ann", "hello `x`", 5))
    assert isinstance(event, Comment)
    assert (event.repo, event.number, event.comment_id, event.author) == ("o/r", 7, 5, "ann")
    assert (event.author_is_bot, event.is_open, event.default_branch, event.body) == (False, True, "main", "hello `x`")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"action": "edited"}, "edited"),
        ({"action": "deleted"}, "edited"),
        ({"issue": {**example("issue_comment")["issue"], "pull_request": None}}, "pull requests only"),
    ],
)
def test_comments_that_are_not_read(change: dict[str, Any], said: str) -> None:
    """Edited and deleted comments, and comments on plain issues, are no events for the bot."""
    event = parse_event("issue_comment", comment_payload("ann", "/certify", 5) | change)
    assert isinstance(event, Nothing)
    assert said in event.reason


@pytest.mark.parametrize("payload", [{}, [], None, {"action": "created", "issue": 3, "comment": {}}, {"action": 1}])
def test_what_github_never_sends_is_refused(payload: Any) -> None:
    """A payload that is not one is an error of the input, not of the program."""
    with pytest.raises(InputError, match="event issue_comment"):
        parse_event("issue_comment", payload)


def test_other_events_are_none_of_our_business() -> None:
    """An event that the bot does not know does nothing."""
    assert isinstance(parse_event("star", {}), Nothing)


def _push(**changes: Any) -> Any:
    repository = example("push")["repository"] | {"full_name": "o/r", "default_branch": "main"}
    return example("push") | {"repository": repository, "ref": "refs/heads/main", "deleted": False} | changes


def _commit(message: str, *paths: str) -> dict[str, Any]:
    return {"message": message, "added": list(paths[:1]), "modified": list(paths[1:]), "removed": []}


@pytest.fixture
def around() -> Surroundings:
    old = (NOW - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Surroundings(now=NOW, rows={MODEL: {"status": "CERTIFIED", "last_certified": old}})


def _heard(payload: Any, hub: FakeGitHub, client: Client, around: Surroundings, name: str = "push") -> Heard:
    hub.state.repo("o/r").git.commit("main", {PATH: PLAYBOOK})
    if name == "push":
        payload = payload | {"after": hub.state.repo("o/r").git.head("main")}
    return hear(parse_event(name, payload), client.door, around)


def test_a_push_of_a_playbook_is_tried_at_smoke(hub: FakeGitHub, client: Client, around: Surroundings) -> None:
    """On the default branch it is trusted; elsewhere it is not."""
    job = _heard(_push(commits=[_commit("x", "README.md", PATH)]), hub, client, around).job
    assert job is not None
    assert (job.models, job.tier, job.trusted, job.number) == ((MODEL,), Tier.SMOKE, True, None)
    other = _push(commits=[_commit("x", PATH)], ref="refs/heads/other")
    job = _heard(other, hub, client, around).job
    assert job is not None
    assert not job.trusted


@pytest.mark.parametrize(
    "changes",
    [
        {"commits": [_commit("x", "README.md")]},
        {"commits": [_commit("x", PATH)], "ref": "refs/tags/v1"},
        {"commits": [_commit("Certify x\n\nApr-Qa-Run: 7", PATH)]},
        {"commits": [_commit("x", PATH)], "deleted": True},
    ],
)
def test_other_pushes_start_nothing(
    hub: FakeGitHub, client: Client, around: Surroundings, changes: dict[str, Any]
) -> None:
    """No playbook, a tag, a commit of our own, a deleted branch: no job."""
    assert _heard(_push(**changes), hub, client, around).job is None


def test_the_button_takes_the_words_of_a_command(hub: FakeGitHub, client: Client, around: Surroundings) -> None:
    """Inputs are read by the same grammar; words that it refuses are an error with a hint."""
    payload = example("workflow_dispatch")
    payload["repository"] |= {"full_name": "o/r", "default_branch": "main"}
    payload |= {"ref": "refs/heads/main", "inputs": {"models": "tiny", "tier": "smoke", "options": "seed=7"}}
    assert isinstance(parse_event("workflow_dispatch", payload), Dispatch)
    job = _heard(payload, hub, client, around, "workflow_dispatch").job
    assert job is not None
    assert (job.tier, job.seed, job.trusted) == (Tier.SMOKE, 7, True)
    payload["inputs"]["models"] = "tinny"
    with pytest.raises(InputError, match="did you mean tiny"):
        hear(parse_event("workflow_dispatch", payload), client.door, around)


def test_the_schedule_certifies_what_is_stale(hub: FakeGitHub, client: Client, around: Surroundings) -> None:
    """The nightly words of the policy are carried out on the default branch."""
    hub.state.repo("o/r").git.commit("main", {".github/apr-qa.yml": "nightly: 'stale:60 smoke'\n"})
    payload = {"schedule": "0 2 * * *", "repository": {"full_name": "o/r"}}
    assert isinstance(parse_event("schedule", payload), Schedule)
    job = _heard(payload, hub, client, around, "schedule").job
    assert job is not None
    assert (job.models, job.trusted) == ((MODEL,), True)


def test_a_push_is_read_from_its_commits() -> None:
    """Paths come once each, sorted."""
    event = parse_event("push", _push(commits=[_commit("x", "b", "a"), _commit("y", "b")]))
    assert isinstance(event, Push)
    assert (event.changed, event.is_default, event.messages) == (("a", "b"), True, ("x", "y"))
