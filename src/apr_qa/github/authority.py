"""Who may ask for what, on which commit, and whether the result may be written down. Pure: facts in, decision out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apr_qa.github.policy import Policy, Role
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.orders import Order, Verb

OPEN_TO_ALL = (Verb.HELP, Verb.EXPLAIN, Verb.STATUS, Verb.TICKETS, Verb.PLAN)
"""Verbs that start nothing and spend nothing: whoever may read may ask."""
_MAINTAINER = Role.MAINTAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, as the collaborator API sees them now (never `author_association`)."""

    login: str
    role: Role

    def is_maintainer(self, policy: Policy) -> bool:
        """Whether the person's word makes a run trusted."""
        return self.role >= _MAINTAINER or self.login in policy.maintainers


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, by whom, about what."""

    order: Order
    tier: Tier
    asker: Person
    """The author of the comment."""
    author: Person
    """The author of the pull request: of the data."""
    head_sha: str
    is_fork: bool
    is_open: bool = True
    changed_playbooks: tuple[str, ...] = ()
    """Playbooks that the pull request adds or changes, of those the plan would use."""
    rerun_by: Person | None = None
    """Who pressed re-run, when somebody did: the first asker's rights are not lent to them."""
    last_asked: Sequence[datetime] = ()
    """When the asker had runs accepted on this pull request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, with a stable code, and whether results may be written to registry and tickets."""

    allowed: bool
    code: str
    needed: Role | None = None
    """The role that would do."""
    until: datetime | None = None
    """When the cool-down ends."""
    trusted: bool = False
    untrusted_because: str = ""


CODES = {
    "allowed": "the order is carried out",
    "denied-stranger": "the asker has no role in this repository",
    "denied-tier": "the tier asks for a higher role",
    "denied-fork": "a run on a fork's or a stranger's pull request needs a maintainer",
    "denied-commit": "a run on a fork's or a stranger's pull request needs the commit in the command",
    "denied-moved": "the commit in the command is not the head of the pull request",
    "denied-rerun": "who pressed re-run may not ask for this",
    "denied-force": "`--force` needs a maintainer",
    "denied-closed": "the pull request is closed",
    "cooling-down": "the asker asked a short while ago",
}
"""Every code of a decision."""


def decide(request: Request, policy: Policy, now: datetime) -> Decision:
    """Return whether the order may be carried out, and whether its results may be written down."""
    if request.order.verb in OPEN_TO_ALL:
        return Decision(allowed=True, code="allowed")
    refusal = (
        _by_role(request, policy) or _by_rerun(request, policy) or _by_commit(request, policy) or _by_state(request)
    )
    if refusal:
        return refusal
    if until := _cooling(request, policy, now):
        return Decision(allowed=False, code="cooling-down", until=until)
    because = _untrusted(request, policy)
    return Decision(allowed=True, code="allowed", trusted=not because, untrusted_because=because)


def _needed(request: Request, policy: Policy) -> Role:
    # Stopping a run is for whoever might have started the lightest one.
    tier = Tier.SMOKE if request.order.verb is Verb.CANCEL else request.tier
    return policy.tier(tier).least


def _may(person: Person, needed: Role, policy: Policy) -> bool:
    return person.role >= needed or person.is_maintainer(policy)


def _by_role(request: Request, policy: Policy) -> Decision | None:
    needed = _needed(request, policy)
    if not _may(request.asker, needed, policy):
        stranger = request.asker.role <= Role.READ
        return Decision(allowed=False, code="denied-stranger" if stranger else "denied-tier", needed=needed)
    if request.order.force and not request.asker.is_maintainer(policy):
        return Decision(allowed=False, code="denied-force", needed=_MAINTAINER)
    return None


def _by_rerun(request: Request, policy: Policy) -> Decision | None:
    if request.rerun_by is None or _may(request.rerun_by, _needed(request, policy), policy):
        return None
    return Decision(allowed=False, code="denied-rerun", needed=_needed(request, policy))


def _by_commit(request: Request, policy: Policy) -> Decision | None:
    if request.order.verb is Verb.CANCEL:
        return None
    sha = request.order.sha
    if request.is_fork or request.author.role < Role.WRITE:
        if not request.asker.is_maintainer(policy):
            return Decision(allowed=False, code="denied-fork", needed=_MAINTAINER)
        if not sha:
            return Decision(allowed=False, code="denied-commit")
    if sha and not request.head_sha.startswith(sha):
        return Decision(allowed=False, code="denied-moved")
    return None


def _by_state(request: Request) -> Decision | None:
    if request.is_open or request.order.verb is Verb.CANCEL:
        return None
    return Decision(allowed=False, code="denied-closed")


def _cooling(request: Request, policy: Policy, now: datetime) -> datetime | None:
    if request.order.verb is Verb.CANCEL or request.asker.is_maintainer(policy) or not request.last_asked:
        return None
    until = max(request.last_asked) + timedelta(minutes=policy.tier(request.tier).cooldown_minutes)
    return until if until > now else None


def _untrusted(request: Request, policy: Policy) -> str:
    people = (request.asker, request.rerun_by) if request.rerun_by else (request.asker,)
    if not all(person.is_maintainer(policy) for person in people):
        return "it was not asked for by a maintainer"
    if request.changed_playbooks:
        return "the pull request changes a playbook that it uses"
    return ""


def decide_event(*, on_default_branch: bool) -> Decision:
    """Return the decision about a push, schedule or dispatch: trusted on the default branch, nowhere else."""
    because = "" if on_default_branch else "it is not on the default branch"
    return Decision(allowed=True, code="allowed", trusted=on_default_branch, untrusted_because=because)
