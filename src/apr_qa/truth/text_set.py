"""The fixed texts on which distributions are compared: four domains, short and long, written for this program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.tokenizer import Tokenizer
from apr_qa.truth.chats import chat_ids

FILE = Path(__file__).parent / "texts.json"
DOMAINS = ("prose", "code", "numbers", "dialogue")
MOST_POSITIONS, FEWEST_POSITIONS = 2048, 128
WORK = 250e9
"""Parameters times positions that one pass may take: minutes on two cores, seconds for small models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text of the set; a dialogue is kept as messages, so that the model's own template writes it down."""

    name: str
    domain: str
    length: str
    """`short` or `long`."""
    text: str = ""
    messages: tuple[tuple[str, str], ...] = ()
    """(role, content)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A text as tokens: what is drawn anew when an interval is bootstrapped."""

    name: str
    domain: str
    ids: tuple[int, ...]


@cache
def texts() -> tuple[Text, ...]:
    """Return the set, domains taking turns, so that a cut set still has all four."""
    return tuple(
        Text(
            name=entry["name"],
            domain=entry["domain"],
            length=entry["length"],
            text=entry.get("text", ""),
            messages=tuple((m["role"], m["content"]) for m in entry.get("messages", ())),
        )
        for entry in json.loads(FILE.read_text(encoding="utf-8"))
    )


def positions_for(parameters: int) -> int:
    """Return how many positions a model of so many parameters is compared on."""
    return max(FEWEST_POSITIONS, min(MOST_POSITIONS, int(WORK / max(1, parameters))))


def blocks(tokenizer: Tokenizer, *, context: int, most: int = MOST_POSITIONS) -> tuple[Block, ...]:
    """Return the set as tokens of one model: no block longer than `context`, at most `most` positions in all."""
    return tuple(_cut(_tokenised(tokenizer, context), most))


def _tokenised(tokenizer: Tokenizer, context: int) -> Iterator[Block]:
    for text in texts():
        ids = _dialogue(tokenizer, text) if text.messages else tokenizer.encode(text.text)
        if len(ids) > 1:
            yield Block(name=text.name, domain=text.domain, ids=tuple(ids[:context]))


def _dialogue(tokenizer: Tokenizer, text: Text) -> list[int]:
    """Return a dialogue as the model's template writes it, or plainly where the model has none that takes it."""
    messages = [{"role": role, "content": content} for role, content in text.messages]
    try:
        return chat_ids(tokenizer, messages)
    except UnsupportedModel:
        return tokenizer.encode("\n".join(f"{role}: {content}" for role, content in text.messages))


def _cut(found: Iterator[Block], most: int) -> Iterator[Block]:
    left = most
    for block in found:
        ids = block.ids[:left]
        if len(ids) < 2:
            return
        yield Block(name=block.name, domain=block.domain, ids=ids)
        left -= len(ids)
