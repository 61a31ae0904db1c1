"""What the engine said, parsed; and how the asking ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How one question ended, before anybody judges the answer."""

    ANSWERED = "answered"
    """The engine claims success; `Reply.text` holds what it said, which may be empty."""
    FAILED = "failed"
    """The engine reported an error (exit status, error object, HTTP status)."""
    REFUSED = "refused"
    """The engine said that it does not do this (feature off, backend unavailable)."""
    CRASHED = "crashed"
    """Signal, panic (exit 101), abort, connection lost with the program gone."""
    TIMEOUT = "timeout"
    """No answer in the limit."""
    UNSTARTED = "unstarted"
    """Could not be asked for a reason that is not the model's: engine missing, disk full, our bug."""


class Failing(StrEnum):
    """At which step an engine failed, as far as it says."""

    LOAD = "load"
    INFERENCE = "inference"
    CONTEXT = "context"
    USAGE = "usage"
    PROTOCOL = "protocol"
    """It claims success but what it printed cannot be read (no JSON, wrong types, no text)."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer as the engine's adapter read it. None always means: the engine did not say."""

    ending: Ending
    text: str | None = None
    """The answer as given, without prompt or banner; terminal codes are kept (oracles strip them)."""
    earlier: tuple[str, ...] = ()
    """Answers to the earlier turns of a conversation, oldest first."""
    tokens: tuple[int, ...] | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    finish_reason: str | None = None
    """`stop`, `length` or None."""
    tokens_per_s: float | None = None
    load_s: float | None = None
    backend_ran: str | None = None
    """What the engine proves to have computed on: `cpu`, `gpu`, or None when it does not say."""
    failing: Failing | None = None
    message: str = ""
    """The engine's own error line, or ours about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One scenario asked: the reply and what the system saw. Texts are raw but capped."""

    scenario: str
    unit: str
    """Content address of the work: equal units may be reused (model, engine, scenario, repeat)."""
    reply: Reply
    argv: tuple[str, ...] = ()
    """Of the program that answered (a session's program for warm questions)."""
    session: str = ""
    """Which engine process answered; equal for scenarios that shared one."""
    cold: bool = False
    """True when the program was started for this question alone."""
    started_at: str = ""
    """UTC, RFC 3339."""
    elapsed_s: float = 0.0
    exit_status: int | None = None
    signal: int | None = None
    attempts: int = 1
    """2 when a crash was retried once."""
    first_ending: Ending | None = None
    """The ending of the first attempt when there were two."""
    survived_kill: bool = False
    """True when the program hung and was still there after it was killed."""
    stderr_tail: str = ""
    peak_rss_bytes: int | None = None
    reproduce: str = ""
    """A command line, quoted for a shell, that asks the same again."""
    note: str = ""
    """Said by us: texts that were cut, processes left behind, why a batch was asked one by one."""
