"""The contract of a command file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apr_qa.bot.situation import Answer, Situation
from apr_qa.vocab.orders import Order, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCommand:
    """One verb: words and a situation in, effects out."""

    verb: Verb
    answer: Callable[[Order, Situation], Answer]
