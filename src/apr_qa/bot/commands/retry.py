"""`/certify retry`: only what could not be judged."""

from __future__ import annotations

from apr_qa.bot.commands._starting import started
from apr_qa.bot.comments.replies import plain
from apr_qa.bot.job import Job
from apr_qa.bot.playbooks import brought
from apr_qa.bot.reading import COMMAND
from apr_qa.bot.room import BotCommand
from apr_qa.bot.selection import Selection, select
from apr_qa.bot.situation import Answer, Situation
from apr_qa.bot.state import RunState, Stage
from apr_qa.reports.markdown import span
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.orders import Order, Selector, SelectorKind, Verb


def retry(order: Order, situation: Situation) -> Answer:
    """Queue the models with missing verdicts again, at the commit that they were asked for."""
    state = situation.state
    models = _missing(state) if state else ()
    if state is None or not models:
        text = f"Every claim of the last run has a verdict. `{COMMAND} failed` asks again for what did not pass."
        return Answer(
            code="nothing-missing", mood=Mood.CONFUSED, reply=plain("Nothing to retry", text, "nothing-missing")
        )
    if state.sha != situation.pull.head_sha:
        text = f"The last run was about `{state.sha[:7]}`, the pull request is at `{situation.pull.head_sha[:7]}`."
        reply = plain(
            "The pull request moved on", f"{text} Ask for the new commit: {span(state.line, 300)}.", "moved-on"
        )
        return Answer(code="moved-on", mood=Mood.CONFUSED, reply=reply)
    return started(situation, _job(order, situation, state, models), _selection(models, situation, state))


def _missing(state: RunState) -> tuple[str, ...]:
    if state.stage.is_going_on:
        return ()
    return state.models if state.stage is Stage.CANCELLED else state.unjudged


def _selection(models: tuple[str, ...], situation: Situation, state: RunState) -> Selection:
    named = tuple(Selector(kind=SelectorKind.NAMED, name=name.partition("@")[0]) for name in models)
    asked = Order(verb=Verb.RUN, selectors=named)
    return select(asked, state.tier, situation.policy, situation.registry)


def _job(order: Order, situation: Situation, state: RunState, models: tuple[str, ...]) -> Job:
    trusted = situation.decision.trusted
    return Job(
        repo=situation.repo,
        number=situation.pull.number,
        sha=state.sha,
        branch=situation.branch,
        tier=state.tier,
        models=models,
        playbooks=brought(situation.changed, [name.partition("@")[0] for name in models], state.tier),
        backends=state.backends,
        formats=state.formats,
        gpu=situation.policy.gpu,
        shards=order.shards or situation.policy.shards,
        priority=order.priority or 0,
        trusted=trusted,
        untrusted_because=situation.decision.untrusted_because,
        commit=trusted,
        tickets=trusted,
        only_unjudged=True,
        asked_by=situation.asker.login,
        comment_id=situation.comment_id,
        line=state.line,
    )


RETRY = BotCommand(verb=Verb.RETRY, answer=retry)
