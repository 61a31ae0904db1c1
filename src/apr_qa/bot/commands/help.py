"""`/certify help`: what can be asked, and what the asker may run here."""

from __future__ import annotations

from apr_qa.bot.comments.replies import help_page
from apr_qa.bot.room import BotCommand
from apr_qa.bot.situation import Answer, Situation
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.orders import Order, Verb


def show_help(_order: Order, situation: Situation) -> Answer:
    """Show the grammar's table and the policy in force."""
    return Answer(code="help", mood=Mood.DONE, reply=help_page(situation.policy, situation.asker))


HELP = BotCommand(verb=Verb.HELP, answer=show_help)
