"""Who may ask for what: every decision, from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apr_qa.github.authority import CODES, Decision, Person, Request, decide, decide_event
from apr_qa.github.policy import Policy, Role
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.orders import Order, Verb

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
HEAD = "4f2c91a" + "0" * 33
POLICY = Policy(maintainers=("trusted-writer",))
RUN = Order(verb=Verb.RUN)
SEEN = Order(verb=Verb.RUN, sha="4f2c91a")


def _person(role: Role, login: str = "someone") -> Person:
    return Person(login=login, role=role)


BASE = Request(
    order=RUN, tier=Tier.MVP, asker=_person(Role.WRITE), author=_person(Role.WRITE), head_sha=HEAD, is_fork=False
)
MAINTAINER = _person(Role.MAINTAIN, "boss")
CASES: list[tuple[str, Request]] = [
    ("allowed", BASE),
    ("allowed", replace(BASE, asker=_person(Role.TRIAGE, "trusted-writer"), tier=Tier.DEEP)),
    ("allowed", replace(BASE, asker=_person(Role.NONE), order=Order(verb=Verb.HELP))),
    ("allowed", replace(BASE, asker=_person(Role.NONE), order=Order(verb=Verb.PLAN), is_fork=True)),
    ("allowed", replace(BASE, asker=_person(Role.TRIAGE), order=Order(verb=Verb.CANCEL), is_open=False, is_fork=True)),
    ("denied-stranger", replace(BASE, asker=_person(Role.NONE), order=Order(verb=Verb.CANCEL))),
    ("denied-stranger", replace(BASE, asker=_person(Role.READ))),
    ("denied-tier", replace(BASE, asker=_person(Role.TRIAGE))),
    ("denied-tier", replace(BASE, tier=Tier.DEEP)),
    ("allowed", replace(BASE, tier=Tier.DEEP, asker=MAINTAINER)),
    ("denied-fork", replace(BASE, is_fork=True)),
    ("denied-fork", replace(BASE, author=_person(Role.READ))),
    ("denied-commit", replace(BASE, is_fork=True, asker=MAINTAINER)),
    ("allowed", replace(BASE, is_fork=True, asker=MAINTAINER, order=SEEN)),
    ("allowed", replace(BASE, author=_person(Role.NONE), asker=MAINTAINER, order=SEEN)),
    ("denied-moved", replace(BASE, order=replace(RUN, sha="badc0de"))),
    ("denied-rerun", replace(BASE, rerun_by=_person(Role.READ))),
    ("allowed", replace(BASE, rerun_by=_person(Role.WRITE))),
    ("denied-force", replace(BASE, order=replace(RUN, force=True, reason="why"))),
    ("allowed", replace(BASE, asker=MAINTAINER, order=replace(RUN, force=True, reason="why"))),
    ("denied-closed", replace(BASE, is_open=False)),
    ("cooling-down", replace(BASE, last_asked=(NOW - timedelta(minutes=9), NOW - timedelta(minutes=1)))),
    ("allowed", replace(BASE, last_asked=(NOW - timedelta(minutes=3),))),
    ("allowed", replace(BASE, asker=MAINTAINER, last_asked=(NOW,))),
]


@pytest.mark.parametrize(("code", "request_"), CASES, ids=[f"{i}-{c[0]}" for i, c in enumerate(CASES)])
def test_the_decision(code: str, request_: Request) -> None:
    """Each rule lets in whom it should and refuses whom it should, with its own code."""
    decision = decide(request_, POLICY, NOW)
    assert decision.code == code
    assert decision.allowed is (code == "allowed")


def test_every_code_is_shown_here() -> None:
    """No code goes without a case, and no other code is used."""
    assert {code for code, _ in CASES} == set(CODES)


def test_a_refusal_says_what_would_do() -> None:
    """A refused tier names the role, a cool-down the time; it ends with its last moment."""
    forced = replace(BASE, order=replace(RUN, force=True, reason="why"))
    for refused in (forced, replace(BASE, is_fork=True)):
        assert decide(refused, POLICY, NOW).needed is Role.MAINTAIN
    assert decide(replace(BASE, rerun_by=_person(Role.READ)), POLICY, NOW).needed is Role.WRITE
    assert decide(replace(BASE, last_asked=(NOW - timedelta(minutes=2),)), POLICY, NOW).allowed
    assert decide(replace(BASE, tier=Tier.DEEP), POLICY, NOW).needed is Role.MAINTAIN
    cooling = decide(replace(BASE, last_asked=(NOW,)), POLICY, NOW)
    assert cooling.until == NOW + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("request_", "trusted"),
    [
        (replace(BASE, asker=MAINTAINER), True),
        (replace(BASE, asker=_person(Role.WRITE, "trusted-writer")), True),
        (replace(BASE, asker=MAINTAINER, rerun_by=_person(Role.ADMIN)), True),
        (replace(BASE, asker=MAINTAINER, rerun_by=_person(Role.WRITE)), False),
        (BASE, False),
        (replace(BASE, asker=MAINTAINER, changed_playbooks=("playbooks/x.yaml",)), False),
        (replace(BASE, asker=MAINTAINER, is_fork=True, order=SEEN), True),
    ],
)
def test_what_may_be_written_down(request_: Request, trusted: bool) -> None:
    """Only a maintainer's command whose playbooks the pull request leaves alone is trusted; else the reason is said."""
    decision = decide(request_, POLICY, NOW)
    assert (decision.allowed, decision.trusted, bool(decision.untrusted_because)) == (True, trusted, not trusted)


def test_why_a_run_is_not_trusted_is_said() -> None:
    """In words for a reader: who asked, or what the pull request changes."""
    changing = replace(BASE, asker=MAINTAINER, changed_playbooks=("playbooks/x.yaml",))
    assert decide(BASE, POLICY, NOW).untrusted_because == "it was not asked for by a maintainer"
    assert decide(changing, POLICY, NOW).untrusted_because == "the pull request changes a playbook that it uses"


def test_verbs_that_spend_nothing_are_never_trusted() -> None:
    """A plan writes nothing, whoever asks."""
    assert not decide(replace(BASE, asker=MAINTAINER, order=Order(verb=Verb.PLAN)), POLICY, NOW).trusted


def test_only_the_default_branch_is_trusted() -> None:
    """A push or a schedule counts on the default branch and nowhere else."""
    assert decide_event(on_default_branch=True) == Decision(allowed=True, code="allowed", trusted=True)
    assert decide_event(on_default_branch=False) == Decision(
        allowed=True, code="allowed", trusted=False, untrusted_because="it is not on the default branch"
    )
