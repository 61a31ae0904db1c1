"""`/certify SELECTOR [TIER]`: certify models."""

from __future__ import annotations

from apr_qa.bot.commands._starting import started
from apr_qa.bot.comments.progress import left_out_only
from apr_qa.bot.comments.replies import plain
from apr_qa.bot.job import Job, name_of
from apr_qa.bot.playbooks import brought
from apr_qa.bot.reading import COMMAND
from apr_qa.bot.room import BotCommand
from apr_qa.bot.selection import Selection, backends_here, formats_here, select
from apr_qa.bot.situation import Answer, Situation
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.orders import Order, Verb


def run(order: Order, situation: Situation) -> Answer:
    """Queue the models that fit; refuse while another run is going on, and when none fits."""
    state = situation.state
    if state and situation.is_going_on and not order.force:
        text = f"`{state.sha[:7]}` is being certified at tier {state.tier}, asked by @{state.asked_by}."
        stop = f"Wait for it, or stop it with `{COMMAND} cancel`."
        return Answer(code="busy", mood=Mood.CONFUSED, reply=plain("⏳ A run is going on", f"{text} {stop}", "busy"))
    tier = order.tier or situation.policy.default_tier
    selection = select(order, tier, situation.policy, situation.registry)
    if not selection.chosen:
        reply = plain("😕 Nothing to certify", left_out_only(selection.left_out), "nothing-fits")
        return Answer(code="nothing-fits", mood=Mood.CONFUSED, reply=reply)
    return started(situation, _job(order, situation, tier, selection), selection)


def _job(order: Order, situation: Situation, tier: Tier, selection: Selection) -> Job:
    decision, policy = situation.decision, situation.policy
    return Job(
        repo=situation.repo,
        number=situation.pull.number,
        sha=situation.pull.head_sha,
        branch=situation.branch,
        tier=tier,
        models=tuple(name_of(item.name, item.revision) for item in selection.chosen),
        playbooks=brought(situation.changed, [item.name for item in selection.chosen], tier),
        backends=order.backends or backends_here(policy, tier),
        formats=order.formats or formats_here(policy, tier),
        gpu=policy.gpu,
        shards=order.shards or policy.shards,
        seed=order.seed,
        priority=order.priority or 0,
        trusted=decision.trusted,
        untrusted_because=decision.untrusted_because,
        commit=decision.trusted and not order.no_commit,
        tickets=decision.trusted and not order.no_tickets,
        fresh=order.fresh,
        asked_by=situation.asker.login,
        comment_id=situation.comment_id,
        line=order.text,
        reason=order.reason,
    )


RUN = BotCommand(verb=Verb.RUN, answer=run)
