"""Answers from what was recorded, without any engine: the same walk, the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence

from apr_qa.run.endings import unstarted
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.scenario import Scenario

Replay = Callable[[Sequence[Scenario]], Generator[Observation]]


def replay(recorded: Iterable[Observation]) -> Replay:
    """Return what gives back, for each scenario in turn, its recorded observation; unstarted where there is none."""
    kept = {observation.scenario: observation for observation in recorded}

    def observations(scenarios: Sequence[Scenario]) -> Generator[Observation]:
        for scenario in scenarios:
            nothing = Observation(scenario=scenario.id, unit="", reply=unstarted("no observation of it was recorded"))
            yield kept.get(scenario.id, nothing)

    return observations
