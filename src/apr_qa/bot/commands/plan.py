"""`/certify plan SELECTOR [TIER]`: what would run, what it costs, what cannot."""

from __future__ import annotations

from apr_qa.bot.comments.progress import planned
from apr_qa.bot.room import BotCommand
from apr_qa.bot.selection import select
from apr_qa.bot.situation import Answer, Situation
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.orders import Order, Verb


def plan(order: Order, situation: Situation) -> Answer:
    """Show models, cost and gaps; start nothing."""
    tier = order.tier or situation.policy.default_tier
    selection = select(order, tier, situation.policy, situation.registry)
    return Answer(code="plan", mood=Mood.DONE, reply=planned(selection, tier, situation.pull.head_sha))


PLAN = BotCommand(verb=Verb.PLAN, answer=plan)
