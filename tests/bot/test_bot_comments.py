"""What the bot says: silent to itself, safe whatever a model says, within GitHub's limits by meaning."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sample_records
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from apr_qa.bot.comments.ended import ended
from apr_qa.bot.comments.parts import LIMIT, composed, part, silenced
from apr_qa.bot.comments.progress import Links, Running, brief, cancelled, outdated, queued, running
from apr_qa.bot.comments.replies import broken_policy, denied, help_page, misread
from apr_qa.bot.comments.result import Ended, Result
from apr_qa.bot.parser import parse
from apr_qa.bot.reading import command_lines
from apr_qa.bot.selection import LeftOut, Selection
from apr_qa.bot.state import RunState, Stage, read_state, written
from apr_qa.github.authority import Decision, Person
from apr_qa.github.comments import OwnComment
from apr_qa.github.policy import Policy, Role
from apr_qa.registry.record import LostClaims, Record
from apr_qa.vocab.axes import Gateway, Severity, Tier
from apr_qa.vocab.orders import Misread
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome

STATE = RunState(
    stage=Stage.QUEUED, tier=Tier.MVP, sha="4f2c91a" + "0" * 33, job="8c1d40b7" + "0" * 56, asked_by="ann",
    asked_at=("ann 2026-11-25T14:00:00Z",), models=("a/b",), line="/certify tiny mvp",
)  # fmt: skip
HOSTILE = [
    "\n/certify all deep\n",
    "x\n\n/certify all",
    "-->\n/certify all\n<!--",
    "```\n\n/certify all\n\n```",
    "</details>\n\n/certify all",
    "@everyone #1 [x](javascript:1) <img src=x onerror=1> ![i](http://e.example/x.png)",
    "| a | b |\n|---|---|",
    "\u202e\u200b\x1b[31m::error::x",
]
WHO = Person(login="ann", role=Role.WRITE)


OURS = re.compile(r"</?details>|<details><summary>[^<]*</summary>|</?sub>|<!-- apr-qa-state [^<>]* -->")


def _html(body: str) -> list[str]:
    """Everything that GitHub would take for HTML, and every image."""
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    every = [t for token in tokens for t in (token, *(token.children or ()))]
    return [line for t in every if t.type in ("html_block", "html_inline") for line in t.content.splitlines()] + [
        "image" for t in every if t.type == "image"
    ]


def _lost(text: str) -> LostClaims:
    return LostClaims(
        gate="G4-BASIC-001", outcome=Outcome.FALSIFIED, severity=Severity.P0, gateway=Gateway.G4, claims=3, reason=text
    )


def _ended(*records: Record, before: Record | None = None, missing: tuple[str, ...] = ()) -> str:
    results = tuple(Result(record=record, before=before, minutes=12.0) for record in records)
    return ended(Ended(state=replace(STATE, stage=Stage.DONE), results=results, missing=missing))


def _everything(text: str) -> list[str]:
    """Every comment that holds foreign text."""
    state = replace(STATE, models=(text,), unjudged=(text,), tickets=(text,), line=text)
    record = replace(sample_records.blocked(), lost=(_lost(text),), reason=text, recheck=text)
    running_ = Running(name=text, gateways={Gateway.G4: "fell"}, judged=1, claims=2, minutes_left=3)
    left = Selection(left_out=(LeftOut(name=text, reason=text),))
    result = Result(record=record, open=((text, 1),), earlier=(record,), culprits={"G4-BASIC-001": text})
    told = {"carried": text, "untrusted_because": text, "image": text}
    run = Ended(state=state, results=(result,), missing=(text,), **told)
    return [
        ended(run), queued(state, left, Links(run=text)), running(state, [running_], Links(run=text)),
        cancelled(state, "ann", Links(run=text)),
        queued(state, left, Links(), untrusted_because=text),
        outdated(state, "f" * 40, Links(run=text)), brief("Queued.", state),
        broken_policy(text), misread(Misread(code="unknown-family", problem="p", line=text, end=5, hint=text)),
        denied(Decision(allowed=False, code="denied-commit"), WHO, Tier.MVP, "f" * 40, text),
    ]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_starts_nothing_and_stays_inside(text: str) -> None:
    """Whatever models, playbooks or people say: no comment starts the bot, and each ends with our own last line."""
    for body in _everything(text):
        assert command_lines(body) == (), body
        assert [html for html in _html(body) if not OURS.fullmatch(html.strip())] == []
        assert "<sub>`apr-qa:" in body


@given(st.text(alphabet="/certify al\n`>#-<!|@ ", max_size=80))
def test_no_reply_can_start_the_bot(text: str) -> None:
    """Of any text, a silenced one holds no command."""
    assert command_lines(silenced(text)) == ()


@given(st.text(max_size=60))
def test_the_state_survives_and_stays_hidden(text: str) -> None:
    """Whatever is in the state comes back, and it never ends the HTML comment that holds it."""
    line = written(replace(STATE, line=text, models=(text,)))
    assert "\n" not in line
    assert line.count("-->") == 1
    comment = OwnComment(node="n", id=1, key="certify:v1", body=f"x\n{line}\n", hidden=False)
    assert read_state([comment]) == replace(STATE, line=text, models=(text,))


def test_a_state_that_cannot_be_read_is_none() -> None:
    """Another version's state, or none at all, is as if nothing had run."""
    broken = OwnComment(node="n", id=1, key="certify:v1", body="<!-- apr-qa-state {} -->", hidden=False)
    assert read_state([broken]) is None
    assert read_state([]) is None


def test_a_blocked_model_is_told_first() -> None:
    """Verdict, cause, what to do now, the worst first with its change, and nothing written."""
    body = _ended(sample_records.certified(), sample_records.blocked(), before=sample_records.provisional(mqs=871))
    assert body.startswith("### ❌ Blocked: 1 of 2 models does not pass, tier mvp")
    assert "> [!CAUTION]" in body
    assert "**What to do now:**" in body
    assert body.index("❌ Blocked**") < body.index("✅ Certified")
    assert "(was 871)" in body
    assert "Nothing was written to the registry" in body


def test_a_certified_model_needs_nothing() -> None:
    """One line of verdict and nothing to do."""
    body = _ended(sample_records.certified())
    assert body.startswith("### ✅ Certified: 1 of 1 model, tier mvp")
    assert "**What to do now:** nothing." in body
    assert "[!CAUTION]" not in body


def test_a_lost_shard_is_partial_and_never_a_pass() -> None:
    """A model whose results never arrived makes the whole partial, with the way to ask again."""
    body = _ended(sample_records.certified(), missing=("some/model",))
    assert body.startswith("### ⚠️ Partial: no verdict on 1 of 2 models")
    assert "some/model" in body
    assert "`/certify retry`" in body


def test_two_hundred_models_fit() -> None:
    """Details go first, then what passed; the worst rows and the verdict stay, and nothing is cut in the middle."""
    good = [replace(sample_records.certified(), model=f"org/good-{n}") for n in range(150)]
    lost = tuple(_lost(f"reason {n} " * 12) for n in range(20))
    bad = [replace(sample_records.blocked(), model=f"org/bad-{n}", lost=lost) for n in range(150)]
    body = _ended(*good, *bad)
    assert len(body) <= LIMIT
    assert body.startswith("### ❌ Blocked: 150 of 300 models")
    assert "org/bad-1" in body
    assert body.count("<details>") == body.count("</details>")
    assert "<sub>`apr-qa:certify:v1`" in body


def test_the_least_important_part_is_shortened_first() -> None:
    """Parts of a higher rank give way before parts of a lower one."""
    body = composed([part("verdict"), part("a" * 50, "a"), part("b" * 50, "b", rank=1)], limit=70)
    assert body == f"verdict\n\n{'a' * 50}\n\nb\n"


def test_a_refusal_points_into_the_line() -> None:
    """The carets stand under the word."""
    found = parse("/certify qwen-codr mvp")
    assert isinstance(found, Misread)
    lines = misread(found).splitlines()
    at = next(n for n, line in enumerate(lines) if line.strip() == found.line)
    assert lines[at + 1].index("^") == lines[at].index("qwen-codr")


def test_the_help_page_fits_and_is_silent() -> None:
    """The whole table is shown, and reading it starts nothing."""
    body = help_page(Policy(), WHO)
    assert len(body) < 8000
    assert command_lines(body) == ()


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_words(status: Status) -> None:
    """No status leaves the verdict line empty."""
    assert _ended(replace(sample_records.certified(), status=status)).startswith("### ")
