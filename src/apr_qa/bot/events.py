"""Events without a comment: pushes, schedules, and the button of a workflow."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.bot.job import Job, name_of
from apr_qa.bot.parser import parse
from apr_qa.bot.playbooks import are_playbooks, brought, read_changed
from apr_qa.bot.reading import COMMAND, normalised
from apr_qa.bot.selection import Registry, backends_here, formats_here, select
from apr_qa.bot.situation import Answer, Surroundings
from apr_qa.errors import InputError
from apr_qa.github import facts
from apr_qa.github.authority import Decision, decide_event
from apr_qa.github.door import Door
from apr_qa.github.policy import Policy
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.events import Dispatch, Push, Schedule
from apr_qa.vocab.orders import Misread, Order, Verb

TRAILER = "Apr-Qa-Run:"
"""In the message of each commit of ours: a push that holds only such commits starts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Words that ask for models without a comment."""

    words: str
    repo: str
    branch: str
    default_branch: str
    by: str
    decision: Decision


def on_event(event: Push | Schedule | Dispatch, door: Door, around: Surroundings) -> Answer:
    """Return the job that an event starts. Raises InputError for words that cannot be understood, GitHubError."""
    if isinstance(event, Push):
        return _push(event, door)
    if isinstance(event, Schedule):
        branch = str(door.get(f"/repos/{event.repo}")["default_branch"])
        policy = facts.policy(door, event.repo, branch)
        decision = decide_event(on_default_branch=True)
        asked = _Asked(
            words=policy.nightly,
            repo=event.repo,
            branch=branch,
            default_branch=branch,
            by="schedule",
            decision=decision,
        )
        return _models(asked, policy, door, around)
    policy = facts.policy(door, event.repo, event.default_branch)
    words = " ".join(event.inputs.get(name, "") for name in ("models", "tier", "options"))
    decision = decide_event(on_default_branch=event.branch == event.default_branch)
    asked = _Asked(
        words=words,
        repo=event.repo,
        branch=event.branch,
        default_branch=event.default_branch,
        by=event.sender,
        decision=decision,
    )
    return _models(asked, policy, door, around)


def _push(event: Push, door: Door) -> Answer:
    """Playbooks that a push changes are tried at smoke; commits of ours change none."""
    paths = are_playbooks(event.changed)
    ours = bool(event.messages) and all(TRAILER in message for message in event.messages)
    if not event.branch or not paths or ours:
        return Answer(code="nothing-changed", mood=Mood.DONE)
    policy = facts.policy(door, event.repo, event.default_branch)
    read = [read_changed(path, facts.file_text(door, event.repo, path, event.after), policy) for path in paths]
    models = tuple(dict.fromkeys(item.model for item in read if item.model))
    if not models:
        return Answer(code="nothing-usable", mood=Mood.CONFUSED)
    decision = decide_event(on_default_branch=event.is_default)
    job = Job(
        repo=event.repo,
        number=None,
        sha=event.after,
        branch=event.default_branch,
        tier=Tier.SMOKE,
        models=models,
        playbooks=brought(read, models, Tier.SMOKE),
        backends=backends_here(policy, Tier.SMOKE),
        formats=formats_here(policy, Tier.SMOKE),
        gpu=policy.gpu,
        shards=policy.shards,
        trusted=decision.trusted,
        untrusted_because=decision.untrusted_because,
        commit=decision.trusted,
        tickets=decision.trusted,
        asked_by=event.sender,
    )
    return Answer(code="queued", mood=Mood.ROCKET, job=job)


def _models(asked: _Asked, policy: Policy, door: Door, around: Surroundings) -> Answer:
    order = parse(normalised(f"{COMMAND} {asked.words}"))
    if isinstance(order, Misread):
        word = order.line[order.start : order.end]
        hint = f"; did you mean {order.hint}?" if order.hint else ""
        raise InputError(f"{word!r}: {order.problem}{hint}", where=f"words of {asked.by}")
    if order.verb is not Verb.RUN:
        raise InputError("only models can be asked for here", where=f"words of {asked.by}")
    tier = order.tier or policy.default_tier
    selection = select(order, tier, policy, Registry(rows=around.rows, now=around.now))
    if not selection.chosen:
        return Answer(code="nothing-fits", mood=Mood.DONE)
    head = door.get(f"/repos/{asked.repo}/git/ref/heads/{asked.branch}")["object"]["sha"]
    models = tuple(name_of(item.name, item.revision) for item in selection.chosen)
    return Answer(code="queued", mood=Mood.ROCKET, job=_job(asked, order, policy, head, models))


def _job(asked: _Asked, order: Order, policy: Policy, head: str, models: tuple[str, ...]) -> Job:
    trusted, tier = asked.decision.trusted, order.tier or policy.default_tier
    return Job(
        repo=asked.repo,
        number=None,
        sha=head,
        branch=asked.default_branch,
        tier=tier,
        models=models,
        backends=order.backends or backends_here(policy, tier),
        formats=order.formats or formats_here(policy, tier),
        gpu=policy.gpu,
        shards=order.shards or policy.shards,
        seed=order.seed,
        trusted=trusted,
        untrusted_because=asked.decision.untrusted_because,
        commit=trusted and not order.no_commit,
        tickets=trusted and not order.no_tickets,
        fresh=order.fresh,
        asked_by=asked.by,
    )
