"""Modality run: one process a question."""

from __future__ import annotations

from collections.abc import Callable

from apr_qa.run import endings
from apr_qa.run.record import Sight, now, observe, second
from apr_qa.run.reproduce import command_line
from apr_qa.run.station import Station
from apr_qa.vocab.engines import OneShot
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.scenario import Scenario


def ask(station: Station, way: OneShot, scenario: Scenario) -> None:
    """Ask one question in a process of its own, once more when it crashes. Raises Cancelled."""
    station.started(scenario)
    station.emit(retried(lambda: once(station, way, scenario)))


def retried(attempt: Callable[[], Observation]) -> Observation:
    """Return the observation of `attempt`, made once more when it crashed, and then saying so."""
    observation = attempt()
    if observation.reply.ending is Ending.CRASHED:
        return second(attempt(), Ending.CRASHED, f"first attempt: {observation.reply.message}")
    return observation


def once(station: Station, way: OneShot, scenario: Scenario) -> Observation:
    """Ask one question once. Raises Cancelled."""
    at = now()
    try:
        with station.folder() as folder:
            command = way.command(station.setting(folder, scenario, timeout_s=scenario.timeout_s), scenario)
            completed = station.run(command, folder)
            reply = endings.reply_to(completed, lambda seen: way.read(scenario, seen), scratch=folder)
    except OSError as error:
        return observe(station, scenario, endings.unstarted(f"no working folder: {error}"), Sight(started_at=at))
    sight = Sight(
        argv=command.argv,
        session=folder.name,
        cold=True,
        started_at=at,
        elapsed_s=completed.elapsed_s,
        completed=completed,
        reproduce=command_line(command),
    )
    return observe(station, scenario, reply, sight)
