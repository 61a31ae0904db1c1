"""Looks up what an order needs to know and decides whether it may be carried out."""

from __future__ import annotations

from datetime import datetime

from apr_qa.bot.playbooks import MOST, ChangedPlaybook, are_playbooks, read_changed
from apr_qa.bot.selection import select
from apr_qa.bot.situation import Situation, Surroundings
from apr_qa.bot.state import read_state
from apr_qa.errors import InputError
from apr_qa.github import facts
from apr_qa.github.authority import Decision, Request, decide
from apr_qa.github.comments import own_comments
from apr_qa.github.door import Door
from apr_qa.github.errors import MissingError
from apr_qa.github.policy import Policy
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.events import Comment
from apr_qa.vocab.orders import Order, Verb
from apr_qa.vocab.validity import parse_time

_NOT_DECIDED = Decision(allowed=False, code="not-decided")


def look_up(event: Comment, door: Door, around: Surroundings) -> Situation:
    """Return the situation, not decided yet. Raises InputError for a broken policy, GitHubError."""
    policy = facts.policy(door, event.repo, event.default_branch)
    pull = facts.pull(door, event.repo, event.number)
    own = own_comments(door, event.repo, event.number)
    return Situation(
        repo=event.repo,
        branch=event.default_branch,
        pull=pull,
        asker=facts.person(door, event.repo, event.author),
        policy=policy,
        decision=_NOT_DECIDED,
        state=read_state(own),
        changed=_changed(door, event.repo, pull, policy),
        around=around,
        comment_id=event.comment_id,
        own_keys=tuple(comment.key for comment in own if not comment.hidden),
    )


def judged(order: Order, situation: Situation, door: Door) -> Decision:
    """Return whether the order may be carried out. Raises GitHubError."""
    pull, around = situation.pull, situation.around
    request = Request(
        order=order,
        tier=tier_of(order, situation),
        asker=situation.asker,
        author=facts.person(door, situation.repo, pull.author),
        head_sha=pull.head_sha,
        is_fork=pull.is_fork,
        is_open=pull.is_open,
        changed_playbooks=_used(order, situation),
        rerun_by=facts.person(door, situation.repo, around.rerun_by) if around.rerun_by else None,
        last_asked=_last_asked(situation),
    )
    return decide(request, situation.policy, around.now)


def tier_of(order: Order, situation: Situation) -> Tier:
    """Return the tier that an order asks for; a retry asks for that of the run before."""
    if order.verb is Verb.RETRY and situation.state:
        return situation.state.tier
    return order.tier or situation.policy.default_tier


def _changed(door: Door, repo: str, pull: facts.PullFacts, policy: Policy) -> tuple[ChangedPlaybook, ...]:
    """The playbooks that the pull request adds or changes, read at its head; one it removes is none."""
    found = []
    for path in are_playbooks(pull.changed)[:MOST]:
        try:
            text = facts.file_text(door, pull.head_repo or repo, path, pull.head_sha)
        except (MissingError, InputError):
            found.append(ChangedPlaybook(path=path, playbook=None))
        else:
            found.append(read_changed(path, text, policy))
    return tuple(found)


def _used(order: Order, situation: Situation) -> tuple[str, ...]:
    """Changed playbooks that the order would use. One that cannot be read counts: nobody knows whose it is."""
    if order.verb is Verb.RETRY:
        state = situation.state
        names = {name.partition("@")[0] for name in state.models} if state else set()
    else:
        selection = select(order, tier_of(order, situation), situation.policy, situation.registry)
        names = {item.name for item in selection.chosen}
    return tuple(c.path for c in situation.changed if not c.model or c.model in names)


def _last_asked(situation: Situation) -> tuple[datetime, ...]:
    entries = (entry.partition(" ") for entry in situation.earlier)
    times = (parse_time(time) for login, _, time in entries if login == situation.asker.login)
    return tuple(time for time in times if time)
