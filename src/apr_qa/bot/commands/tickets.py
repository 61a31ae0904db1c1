"""`/certify tickets`: what was drafted or filed."""

from __future__ import annotations

from apr_qa.bot.comments.parts import cell, link
from apr_qa.bot.comments.replies import plain
from apr_qa.bot.room import BotCommand
from apr_qa.bot.situation import Answer, Situation
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.orders import Order, Verb


def tickets(_order: Order, situation: Situation) -> Answer:
    """List the tickets of the last run here."""
    found = situation.state.tickets if situation.state else ()
    lines = "\n".join(f"- {link('ticket', one) if one.startswith('https://') else cell(one)}" for one in found)
    text = lines or "The last run here drafted and filed none."
    return Answer(code="tickets", mood=Mood.DONE, reply=plain("Tickets", text, "tickets"))


TICKETS = BotCommand(verb=Verb.TICKETS, answer=tickets)
