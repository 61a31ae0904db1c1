"""Modality run, many questions a process. Whoever spoils a batch is found by asking one by one what it left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from apr_qa.run import endings, one_shot
from apr_qa.run.record import Sight, noted, now, observe, second
from apr_qa.run.reproduce import command_line
from apr_qa.run.station import Station
from apr_qa.vocab.command import Completed
from apr_qa.vocab.engines import Batch, OneShot
from apr_qa.vocab.observation import Ending, Failing, Observation, Reply
from apr_qa.vocab.scenario import Scenario

LARGEST = 64
"""Questions a process."""
_PATIENCE = 8
"""A batch of this many questions may take as long as one; a larger one in proportion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    completed: Completed
    replies: tuple[Reply, ...]
    session: str
    started_at: str


def ask(station: Station, batch: Batch, way: OneShot, scenarios: Sequence[Scenario]) -> None:
    """Ask `scenarios` (at most LARGEST, all alike) in one process, and alone what it leaves open. Raises Cancelled."""
    for scenario in scenarios:
        station.started(scenario)
    try:
        asked = _ask(station, batch, scenarios)
    except OSError as error:
        for scenario in scenarios:
            station.emit(observe(station, scenario, endings.unstarted(f"no working folder: {error}"), Sight()))
        return
    whole = not _fault(asked)
    left_open = []
    for scenario, reply in zip(scenarios, asked.replies, strict=True):
        if whole or reply.ending is Ending.ANSWERED:
            station.emit(_observed(station, way, scenario, reply, asked))
        else:
            left_open.append(scenario)
    _one_by_one(station, way, left_open, asked)


def _ask(station: Station, batch: Batch, scenarios: Sequence[Scenario]) -> _Asked:
    at = now()
    limit_s = max(s.timeout_s for s in scenarios) * max(1.0, len(scenarios) / _PATIENCE)
    with station.folder() as folder:
        setting = station.setting(folder, scenarios[0], timeout_s=limit_s)
        for name, data in batch.files(setting, scenarios).items():
            (folder / name).write_bytes(data)
        command = batch.command(setting, scenarios)
        completed = station.run(replace(command, timeout_s=min(command.timeout_s, limit_s)), folder)
    return _Asked(
        completed=completed,
        replies=_replies(batch, scenarios, completed),
        session=folder.name,
        started_at=at,
    )


def _replies(batch: Batch, scenarios: Sequence[Scenario], completed: Completed) -> tuple[Reply, ...]:
    """What the adapter read; when it fails at that, nothing is answered and each question is asked alone."""
    try:
        replies = batch.read(scenarios, completed)
    except Exception:  # noqa: BLE001  (the same output is not needed: each question is asked alone)
        replies = ()
    if len(replies) == len(scenarios):
        return replies
    return tuple(endings.unstarted("the batch could not be read") for _ in scenarios)


def _fault(asked: _Asked) -> str:
    """Why the batch as a whole cannot be trusted to have asked every question; empty when it can."""
    completed = asked.completed
    if completed.stopped:
        return f"the batch was ended: {completed.stopped}"
    if completed.signal is not None or completed.exit_status == endings.PANIC:
        return f"the batch {endings.crash_of(completed)}"
    if completed.exit_status and any(reply.failing is not Failing.LOAD for reply in asked.replies):
        return f"the batch ended with exit status {completed.exit_status}"
    if any(reply.ending is Ending.UNSTARTED for reply in asked.replies):
        return "the batch could not be read"
    return ""


def _one_by_one(station: Station, way: OneShot, scenarios: Sequence[Scenario], asked: _Asked) -> None:
    """Ask alone what the batch left open. A crash is charged to the question it was at, as its first attempt."""
    fault = f"asked alone: {_fault(asked)}"
    crashed = asked.completed.signal is not None or asked.completed.exit_status == endings.PANIC
    charged = crashed and asked.completed.stopped is None
    for number, scenario in enumerate(scenarios):
        attempt = partial(one_shot.once, station, way, scenario)
        if charged and number == 0:
            station.emit(second(attempt(), Ending.CRASHED, fault))
        else:
            station.emit(noted(one_shot.retried(attempt), fault))


def _observed(station: Station, way: OneShot, scenario: Scenario, reply: Reply, asked: _Asked) -> Observation:
    """The observation of one question of the batch; its time is an equal share of the whole."""
    setting = station.setting(station.scratch, scenario, timeout_s=scenario.timeout_s)
    sight = Sight(
        argv=asked.completed.argv,
        session=asked.session,
        started_at=asked.started_at,
        elapsed_s=asked.completed.elapsed_s / len(asked.replies),
        completed=asked.completed,
        reproduce=command_line(way.command(setting, scenario)),
    )
    return observe(station, scenario, reply, sight)
