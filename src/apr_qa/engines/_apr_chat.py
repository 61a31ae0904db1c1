"""`apr chat`: a conversation over standard streams, one line a turn, `You: ` printed when it is the user's turn."""

from __future__ import annotations

import re

from apr_qa.engines._apr_failures import failure, judged
from apr_qa.engines._apr_run import device, environment
from apr_qa.engines._endings import failed
from apr_qa.engines._questions import insist, plain_refusal, turns
from apr_qa.engines._values import decode
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Conversation, Setting
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Role, Scenario

PROMPT = b"You: "
CLEAR = b"/clear\n"
_DEFAULT_MAX_TOKENS = 64
_TURN = re.compile(r"\[(?P<statistics>[^\n]*tok/s)\]\nAssistant: (?P<text>.*)\n\nYou: \Z", re.DOTALL)
"""Every turn that succeeded begins with a line of statistics; one that failed has none."""
_EXACT = re.compile(r"(?P<count>\d{1,9}) tokens in \d+\.\d+s = (?P<speed>\d{1,12}\.\d+) tok/s")
"""The other form, `[0.1s, ~18 tok/s]`, is a guess from the number of words."""


def chat_refusal(scenario: Scenario) -> str:
    """Return why `apr chat` cannot be asked this word for word, or nothing."""
    blocks = [[m for m in block if m.role is not Role.SYSTEM] for block in turns(scenario)]
    if any(len(block) != 1 or block[0].role is not Role.USER for block in blocks):
        return "apr chat answers every turn itself: no given answers, one user message a turn"
    if any(m.role is Role.SYSTEM for m in scenario.messages[1:]) or "\0" in _system(scenario):
        return "apr chat takes one system message, before all turns and without NUL characters"
    for (message,) in blocks:
        if "\n" in message.content:
            return "apr chat takes one line a turn"
        if not message.content.strip():
            return "apr chat skips a blank line"
        if message.content.lstrip().startswith("/"):
            return "apr chat would take a prompt that begins with / for a command"
    return ""


def _system(scenario: Scenario | None) -> str:
    opening = scenario.messages[0] if scenario and scenario.messages else None
    return opening.content if opening and opening.role is Role.SYSTEM else ""


def _command(setting: Setting) -> Command:
    first = setting.first
    system = _system(first)
    argv = (
        *(*setting.program, "chat", str(setting.artefact.path), device(setting)),
        *("--temperature", repr(first.temperature if first else 0.0)),
        *("--max-tokens", str(first.max_tokens if first else _DEFAULT_MAX_TOKENS)),
        *((f"--system={system}",) if system else ()),
    )
    return Command(argv=argv, env=environment(setting), timeout_s=setting.timeout_s)


def _turns(scenario: Scenario) -> tuple[bytes, ...]:
    insist(plain_refusal(scenario) or chat_refusal(scenario), scenario)
    return tuple(block[-1].content.encode() + b"\n" for block in turns(scenario))


def _is_users_turn(printed: bytes) -> bool:
    """The prompt is the only thing that is flushed without a line end, so output that ends in it is complete."""
    return printed == PROMPT or printed.endswith(b"\n" + PROMPT)


def _read(scenario: Scenario, printed: tuple[bytes, ...]) -> Reply:
    earlier: list[str] = []
    reply = failed(Failing.PROTOCOL, "nothing was printed")
    for chunk in printed:
        reply = _reply(decode(chunk), scenario, tuple(earlier))
        if reply.ending is not Ending.ANSWERED:
            break
        earlier.append(reply.text or "")
    return reply


def _reply(said: str, scenario: Scenario, earlier: tuple[str, ...]) -> Reply:
    """An answer may hold the delimiter itself: only the last `You: ` ends it."""
    turn = _TURN.match(said)
    if turn is None:
        problem = said.removeprefix("Assistant: ").partition("\n")[0]
        reported = problem.startswith("[") and "error:" in problem.lower()
        return judged(problem.strip("[]")) if reported else failed(Failing.PROTOCOL, f"not a turn: {said[:200]}")
    exact = _EXACT.fullmatch(turn["statistics"])
    count = int(exact["count"]) if exact else None
    return Reply(
        ending=Ending.ANSWERED,
        text=turn["text"],
        earlier=earlier,
        completion_tokens=count,
        finish_reason="length" if count == scenario.max_tokens else None,
        tokens_per_s=float(exact["speed"]) if exact else None,
    )


CONVERSATION = Conversation(
    command=_command,
    ready=_is_users_turn,
    turns=_turns,
    answered=_is_users_turn,
    read=_read,
    failed=failure,
    reset=CLEAR,
    alike=lambda scenario: (scenario.max_tokens, scenario.temperature, _system(scenario)),
)
