"""Which causes become issues, when one closes, and what a flood comes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gh_server import FakeGitHub
from handed import JOB
from sample_evidence import evidence_of, observation, outcome_of

from apr_qa.bot.ticketing import ticket_all
from apr_qa.errors import InputError
from apr_qa.github.client import Client
from apr_qa.github.policy import TicketPolicy
from apr_qa.tickets.drafts import Draft, drafts
from apr_qa.tickets.ledger import Entry, ledger_text, read_ledger, settle
from apr_qa.vocab.axes import Format
from apr_qa.vocab.effects import TicketState
from apr_qa.vocab.evidence import EngineFacts, Evidence
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.verdict import Outcome

RULES = TicketPolicy(engine_repo="up/stream", file_repo="up/stream", most=2)


def crashing(*formats: Format, version: str = "0.72.3", seal: str = "s0") -> Evidence:
    """Evidence of a run in which each of `formats` crashes for a reason of its own; with none it is healthy."""

    def spoil(asked, made, seen):
        if asked.cell.format not in formats:
            return made, seen
        words = {Format.APR: "cache full", Format.GGUF: "no such kernel", Format.SAFETENSORS: "shape mismatch"}
        tail = f"thread 'main' panicked at src/x.rs:1:1: {words[asked.cell.format]}"
        crashed = observation(asked, ending=Ending.CRASHED, text=None, stderr_tail=tail, exit_status=101)
        return outcome_of(made, Outcome.CRASHED, "the engine crashed"), crashed

    engines = {form: EngineFacts(name="apr", version=version) for form in Format}
    return replace(evidence_of(spoil, engines=engines), seal=seal)


def _filed(evidence: Evidence) -> dict[tuple[str, str], Draft]:
    return {("up/stream", draft.fingerprint): draft for draft in drafts([evidence])}


def _entry() -> Entry:
    lost = crashing(Format.APR)
    (entry,) = settle((), _filed(lost), [lost], 2)
    return entry


def test_a_ledger_is_read_as_it_was_written() -> None:
    """Equal entries, equal bytes, whatever order they come in; a line that is none is named."""
    lost = crashing(*Format)
    entries = settle((), _filed(lost), [lost], 2)
    assert len(entries) == 3
    text = ledger_text(entries)
    assert ledger_text(reversed(entries)) == text
    assert read_ledger(text, "x") == tuple(sorted(entries, key=lambda entry: entry.key))
    with pytest.raises(InputError, match=r"x:2"):
        read_ledger(text.splitlines()[0] + "\n{}\n", "x")


def test_two_healthy_runs_close_it_and_one_does_not() -> None:
    """The very claims have to survive; the same evidence counts once."""
    once = settle([_entry()], {}, [crashing(seal="s1")], 2)
    assert once[0].state is TicketState.OPEN
    assert settle(once, {}, [crashing(seal="s1")], 2)[0].state is TicketState.OPEN
    assert settle(once, {}, [crashing(seal="s2")], 2)[0].state is TicketState.CLOSED


@pytest.mark.parametrize(
    "evidence",
    [
        crashing(seal="s2", version="0.71.0"),
        replace(crashing(seal="s2"), judged=crashing().judged[:3]),
        replace(crashing(seal="s2"), judged=()),
        crashing(seal=""),
    ],
    ids=["older engine", "part of it", "nothing ran", "unsealed"],
)
def test_what_is_no_positive_evidence_closes_nothing(evidence: Evidence) -> None:
    """An older engine, claims that were not tried, an empty run, a run that was not finished."""
    once = settle([_entry()], {}, [crashing(seal="s1")], 2)
    assert settle(once, {}, [evidence], 2)[0].state is TicketState.OPEN


def test_a_loss_in_between_starts_the_count_anew() -> None:
    """Healthy, lost, healthy: that is one healthy run, not two. A closed one is open again."""
    once = settle([_entry()], {}, [crashing(seal="s1")], 2)
    lost = crashing(Format.APR, seal="s2")
    again = settle(once, _filed(lost), [lost], 2)
    assert settle(again, {}, [crashing(seal="s3")], 2)[0].state is TicketState.OPEN
    closed = settle(once, {}, [crashing(seal="s2")], 2)
    assert settle(closed, _filed(lost), [lost], 2)[0].state is TicketState.OPEN


def test_every_model_in_which_it_showed_has_to_be_healthy() -> None:
    """Two healthy runs of one of two models close nothing."""
    lost = crashing(Format.APR)
    other = replace(lost, run=replace(lost.run, model="other/model"))
    (entry,) = settle((), {("up/stream", d.fingerprint): d for d in drafts([lost, other])}, [lost, other], 2)
    healthy = [crashing(seal=f"s{n}") for n in (1, 2)]
    assert settle([entry], {}, healthy, 2)[0].state is TicketState.OPEN
    both = [*healthy, *(replace(e, run=replace(e.run, model="other/model")) for e in healthy)]
    assert settle([entry], {}, both, 2)[0].state is TicketState.CLOSED


def test_a_flood_is_one_ticket(hub: FakeGitHub, client: Client, tmp_path: Path) -> None:
    """Two new causes are two issues; three are one that lists them, and stays one."""
    issues = hub.state.repo("up/stream").issues
    few, many = crashing(Format.APR, Format.GGUF), crashing(*Format)
    for _ in range(2):
        done = ticket_all([many], JOB, RULES, (), lambda _repo: client, tmp_path)
        assert [issue.title for issue in issues.values()] == ["[apr-qa] 3 new root causes in one run"]
        assert set(done.urls.values()) == {"https://github.com/up/stream/issues/1"}
    ticket_all([few], JOB, RULES, (), lambda _repo: client, tmp_path)
    assert len(issues) == 3


def test_closing_says_why(hub: FakeGitHub, client: Client, tmp_path: Path) -> None:
    """The issue is closed as completed with the evidence named; nobody to close it is a failure that is told."""
    upstream = hub.state.repo("up/stream")
    lost = crashing(Format.APR)
    filed = ticket_all([lost], JOB, RULES, (), lambda _repo: client, tmp_path)
    ledger = settle((), filed.filed, [lost], 2)
    healthy = [crashing(seal="s1"), crashing(seal="s2")]
    assert ticket_all(healthy, JOB, RULES, ledger, lambda _repo: None, tmp_path).failed
    ticket_all(healthy, JOB, RULES, ledger, lambda _repo: client, tmp_path)
    (issue,) = upstream.issues.values()
    assert (issue.state, issue.reason) == ("closed", "completed")
    (said,) = upstream.comments.values()
    assert "s1" in said.body
