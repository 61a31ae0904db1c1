"""Writes an observation down: raw texts, but capped, and everything that makes it repeatable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from apr_qa.run.station import Station
from apr_qa.vocab.command import Completed
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.scenario import Scenario

TEXT_LIMIT = 64 << 10
"""Characters of an answer that are kept."""
STDERR_LIMIT_BYTES = 4 << 10
_MESSAGE_LIMIT = 4 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What was seen around a reply."""

    argv: tuple[str, ...] = ()
    session: str = ""
    cold: bool = False
    started_at: str = ""
    elapsed_s: float = 0.0
    completed: Completed | None = None
    """When the program has ended."""
    stderr: bytes = b""
    peak_rss_bytes: int | None = None
    reproduce: str = ""
    note: str = ""


def observe(station: Station, scenario: Scenario, reply: Reply, sight: Sight) -> Observation:
    """Return the observation of one attempt."""
    reply, cut = _capped(reply)
    ended = sight.completed
    notes = [note for note in (sight.note, ended.note if ended else "", cut) if note]
    return Observation(
        scenario=scenario.id,
        unit=station.unit(scenario),
        reply=reply,
        argv=sight.argv,
        session=sight.session,
        cold=sight.cold,
        started_at=sight.started_at or now(),
        elapsed_s=round(sight.elapsed_s, 6),
        exit_status=ended.exit_status if ended else None,
        signal=ended.signal if ended and not ended.stopped else None,
        survived_kill=bool(ended and ended.survived_kill),
        stderr_tail=_tail(ended.stderr if ended else sight.stderr),
        peak_rss_bytes=ended.peak_rss_bytes if ended else sight.peak_rss_bytes,
        reproduce=sight.reproduce,
        note="; ".join(notes),
    )


def second(observation: Observation, first: Ending, note: str = "") -> Observation:
    """Return the observation of a second attempt, remembering how the first one ended."""
    notes = "; ".join(n for n in (observation.note, note) if n)
    return replace(observation, attempts=2, first_ending=first, note=notes)


def noted(observation: Observation, note: str) -> Observation:
    """Return the observation with a note of ours added."""
    return replace(observation, note="; ".join(n for n in (observation.note, note) if n))


def now() -> str:
    """UTC, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _capped(reply: Reply) -> tuple[Reply, str]:
    texts = [reply.text or "", *reply.earlier]
    cut = max(len(text) - TEXT_LIMIT for text in texts)
    shorter = replace(
        reply,
        text=None if reply.text is None else _clean(reply.text[:TEXT_LIMIT]),
        earlier=tuple(_clean(text[:TEXT_LIMIT]) for text in reply.earlier),
        message=_clean(reply.message[:_MESSAGE_LIMIT]),
    )
    return shorter, f"a text was cut by {cut} characters" if cut > 0 else ""


def _clean(text: str) -> str:
    """Half a surrogate pair can be in a Python string but in no file."""
    return text.encode("utf-8", "replace").decode()


def _tail(data: bytes) -> str:
    return data[-STDERR_LIMIT_BYTES:].decode("utf-8", "replace")
