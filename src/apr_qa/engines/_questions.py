"""Questions as engines need them, and what cannot be asked word for word."""

from __future__ import annotations

from collections.abc import Sequence

from apr_qa.errors import InputError
from apr_qa.vocab.axes import Modality
from apr_qa.vocab.scenario import Message, Role, Scenario

ARGUMENT_LIMIT_BYTES = 131_072
"""Linux takes no single argument longer than this (MAX_ARG_STRLEN), its closing NUL included."""


def turns(scenario: Scenario) -> tuple[tuple[Message, ...], ...]:
    """Return the messages before each place that the engine fills in, the last included."""
    found: list[tuple[Message, ...]] = []
    block: list[Message] = []
    for message in scenario.messages:
        if message.role is Role.ASSISTANT and not message.content:
            found.append(tuple(block))
            block = []
        else:
            block.append(message)
    return (*found, tuple(block)) if block or not found else tuple(found)


def objects(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return `messages` as the objects of the OpenAI protocol."""
    return [{"role": message.role.value, "content": message.content} for message in messages]


def plain_refusal(scenario: Scenario) -> str:
    """Return why no engine can be asked this, or nothing."""
    if not any(message.role is Role.USER for message in scenario.messages):
        return "the question has no user turn"
    try:
        for message in scenario.messages:
            message.content.encode()
    except UnicodeEncodeError:
        return "the prompt holds half a surrogate pair, which is no text"
    if scenario.cell.modality is not Modality.CHAT and len(turns(scenario)) > 1:
        return f"{scenario.cell.modality} asks one question at a time; only chat holds a conversation"
    return ""


def insist(refusal: str, scenario: Scenario) -> None:
    """Raise InputError when there is a refusal: a caller that did not ask first must not get a bent question."""
    if refusal:
        raise InputError(refusal, where=scenario.id, remedy="Plan this question for another modality or engine.")
