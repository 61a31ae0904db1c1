"""Load once, ask many: goes on in a new session when one breaks, and asks again once what crashed it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from apr_qa.run.record import noted, second
from apr_qa.run.station import Station
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.scenario import Scenario

START_LIMIT = 2
"""After so many sessions in a row that did not come up, no more are started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one session came to, besides the observations that it emitted."""

    loaded: bool
    """Did it come up?"""
    crashed: tuple[tuple[Scenario, Observation], ...] = ()
    """What it was at when it crashed; not emitted yet."""


Hold = Callable[[Station, deque[Scenario]], Held]
"""Takes at least one scenario from the queue and as many as the session survives. Raises Cancelled."""


def ask(station: Station, scenarios: Sequence[Scenario], hold: Hold) -> None:
    """Ask all `scenarios` in as few sessions as they survive. Raises Cancelled."""
    queue = deque(scenarios)
    seen: deque[Observation] = deque(maxlen=1)
    fruitless = 0
    while queue and fruitless < START_LIMIT:
        station.check()
        held, observations = _collected(station, queue, hold)
        seen.extend(observations)
        fruitless = 0 if held.loaded else fruitless + 1
        for observation, loaded in _again(station, held, hold):
            station.emit(observation)
            seen.append(observation)
            fruitless = 0 if loaded else fruitless + 1
    for scenario in queue:
        station.started(scenario)
        station.emit(_same(station, scenario, seen[-1]))


def _collected(station: Station, queue: deque[Scenario], hold: Hold) -> tuple[Held, Sequence[Observation]]:
    """Hold a session; return also the last observation it emitted."""
    last: deque[Observation] = deque(maxlen=1)

    def emit(observation: Observation) -> None:
        last.append(observation)
        station.emit(observation)

    return hold(replace(station, emit=emit), queue), last


def _again(station: Station, held: Held, hold: Hold) -> list[tuple[Observation, bool]]:
    """Ask each suspect of a crash once more, alone; return the observations and whether the session came up.

    The crash counts against those that crash again; when none does, against the first.
    """
    results: list[tuple[Observation, bool, bool]] = []
    for scenario, first in held.crashed:
        found: list[Observation] = []
        alone = hold(replace(station, emit=found.append, clients=1, started=_quiet), deque([scenario]))
        crashed = [observation for _, observation in alone.crashed]
        observation = second((crashed or found)[0], Ending.CRASHED, f"first attempt: {first.reply.message}")
        results.append((observation, bool(crashed), alone.loaded))
    none_again = not any(crashed for _, crashed, _ in results)
    return [
        (observation if crashed or (none_again and number == 0) else _cleared(observation, len(results)), loaded)
        for number, (observation, crashed, loaded) in enumerate(results)
    ]


def _cleared(observation: Observation, suspects: int) -> Observation:
    """The observation of a bystander: asked again, but not to blame."""
    plain = replace(observation, attempts=1, first_ending=None)
    return noted(plain, f"asked again alone, as one of {suspects} requests that a crash interrupted")


def _same(station: Station, scenario: Scenario, last: Observation) -> Observation:
    """The observation of a question that no session came up for."""
    copy = replace(last, scenario=scenario.id, unit=station.unit(scenario), elapsed_s=0.0, reproduce="")
    return noted(copy, f"not asked: {START_LIMIT} sessions in a row did not come up; this is how the last one ended")


def _quiet(_scenario: Scenario) -> None:
    """The question was announced already."""
