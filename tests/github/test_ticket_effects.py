"""Tickets: one for a fingerprint, through its whole life."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gh_server import FakeGitHub
from gh_state import FakeIssue

from apr_qa.github.client import Client
from apr_qa.github.issues import id_line
from apr_qa.vocab.effects import TicketEffect, TicketState

OPEN = TicketEffect(
    repo="up/stream",
    fingerprint="0123456789abcdef",
    state=TicketState.OPEN,
    title="chat runs past the end of the turn",
    body="Seen with tiny.",
    labels=("engine-fault", "P1"),
)
CLOSED = replace(OPEN, state=TicketState.CLOSED, note="Passed twice with apr 0.73.")


def _issues(hub: FakeGitHub) -> list[FakeIssue]:
    return list(hub.state.repo("up/stream").issues.values())


def test_a_cause_becomes_one_ticket(hub: FakeGitHub, client: Client) -> None:
    """The first effect files it, the second finds it, a further occurrence is edited in."""
    hub.state.repo("up/stream")
    assert client.perform(OPEN).changed
    assert not client.perform(OPEN).changed
    client.perform(replace(OPEN, body="Seen with tiny and tiny-llama."))
    (issue,) = _issues(hub)
    assert issue.labels == ["apr-qa", "engine-fault", "P1"]
    assert issue.body == f"Seen with tiny and tiny-llama.\n\n{id_line(OPEN.fingerprint)}\n"


def test_the_id_is_a_whole_line(hub: FakeGitHub, client: Client) -> None:
    """A longer id, or the id inside a sentence, is another ticket."""
    repo = hub.state.repo("up/stream")
    line = id_line(OPEN.fingerprint)
    repo.issues[1] = FakeIssue(1, "a", f"{line}0", labels=["apr-qa"])
    repo.issues[2] = FakeIssue(2, "b", f"see {line}", labels=["apr-qa"])
    assert client.perform(OPEN).number == 3


def test_it_is_closed_with_a_word_and_opened_again_as_a_regression(hub: FakeGitHub, client: Client) -> None:
    """Closing says why, once; the same cause seen again opens the same ticket."""
    hub.state.repo("up/stream")
    client.perform(OPEN)
    assert client.perform(CLOSED).changed
    assert not client.perform(CLOSED).changed
    (issue,) = _issues(hub)
    assert (issue.state, issue.reason) == ("closed", "completed")
    client.perform(replace(OPEN, note="Fixed in 0.73, seen again in 0.74."))
    assert (issue.state, "regression" in issue.labels) == ("open", True)
    said = [c.body.splitlines()[1] for c in hub.state.repo("up/stream").comments.values()]
    assert said == [CLOSED.note, "Fixed in 0.73, seen again in 0.74."]


def test_what_people_declined_stays_closed(hub: FakeGitHub, client: Client) -> None:
    """An issue closed as not planned is neither opened nor filed again."""
    hub.state.repo("up/stream")
    client.perform(OPEN)
    issue = _issues(hub)[0]
    issue.state, issue.reason = "closed", "not_planned"
    done = client.perform(OPEN)
    assert (done.changed, done.note, issue.state, len(_issues(hub))) == (False, "people declined it", "closed", 1)


def test_the_ledger_finds_it_where_the_list_does_not(hub: FakeGitHub, client: Client) -> None:
    """A number known from the ledger is looked at directly: an empty list files no second ticket."""
    hub.state.repo("up/stream")
    number = client.perform(OPEN).number
    _issues(hub)[0].labels.clear()
    assert client.perform(replace(OPEN, number=number)).number == number
    assert len(_issues(hub)) == 1


def test_closing_what_is_not_there_does_nothing(hub: FakeGitHub, client: Client) -> None:
    """Without a ticket there is nothing to close."""
    hub.state.repo("up/stream")
    assert not client.perform(CLOSED).changed


@pytest.mark.parametrize(
    ("label", "state", "effect"),
    [("quiet", "open", OPEN), ("quiet", "open", CLOSED), ("pinned", "open", CLOSED), ("wontfix", "closed", OPEN)],
)
def test_labels_of_people_are_obeyed(
    hub: FakeGitHub, client: Client, label: str, state: str, effect: TicketEffect
) -> None:
    """Left alone, kept open, kept closed: nothing is changed and nothing said; without the label it is."""
    repo = hub.state.repo("up/stream")
    body = f"before\n\n{id_line(OPEN.fingerprint)}\n"
    repo.issues[1] = FakeIssue(1, "a", body, state=state, reason="completed", labels=["apr-qa", label])
    assert not client.perform(replace(effect, note="why")).changed
    assert (repo.issues[1].state, repo.issues[1].body, repo.comments) == (state, body, {})
    repo.issues[1].labels.remove(label)
    assert client.perform(replace(effect, note="why")).changed
