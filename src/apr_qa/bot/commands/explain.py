"""`/certify explain GATE`: a gate in plain words."""

from __future__ import annotations

from difflib import get_close_matches

from apr_qa.bot.comments.replies import explained, misread
from apr_qa.bot.room import BotCommand
from apr_qa.bot.situation import Answer, Situation
from apr_qa.pipeline.trial import GATES
from apr_qa.rooms import furnish
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.gates import Gate
from apr_qa.vocab.orders import Misread, Order, Verb


def explain(order: Order, _situation: Situation) -> Answer:
    """Tell what the gate claims, how it counts, and what to do when it falls."""
    specs = {gate.spec.id: gate.spec for gate in furnish(GATES, Gate)}
    if order.gate in specs:
        return Answer(code="explain", mood=Mood.DONE, reply=explained(specs[order.gate]))
    start = max(order.text.upper().find(order.gate), 0)
    close = get_close_matches(order.gate, specs, n=1)
    found = Misread(
        code="unknown-gate",
        problem="not a gate",
        line=order.text,
        start=start,
        end=start + len(order.gate),
        hint=close[0] if close else "",
        choices=tuple(specs),
        what="gates",
    )
    return Answer(code="unknown-gate", mood=Mood.CONFUSED, reply=misread(found))


EXPLAIN = BotCommand(verb=Verb.EXPLAIN, answer=explain)
