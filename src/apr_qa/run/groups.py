"""Which questions share an engine process."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from apr_qa.run import batches, conversations, endings, one_shot, servers, sessions
from apr_qa.run.record import Sight, observe
from apr_qa.run.station import Station
from apr_qa.vocab.axes import Backend, Format, Modality
from apr_qa.vocab.engines import Engine, Equipped
from apr_qa.vocab.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions for one engine about one artefact, on one backend in one modality, alike in what a process fixes."""

    engine: str
    format: Format
    backend: Backend
    modality: Modality
    scenarios: tuple[Scenario, ...]
    cold: bool = False


def group(
    scenarios: Sequence[Scenario], equipment: Mapping[str, Mapping[Format, Equipped]], workers: int
) -> Iterator[Group]:
    """Yield the groups, in the order of their first scenarios. A cold question is a group of its own.

    Questions of modality run need no session, so they are shared among the workers, in pieces of a batch's size.
    """
    found: dict[tuple[object, ...], list[Scenario]] = {}
    for scenario in scenarios:
        cell = scenario.cell
        equipped = equipment.get(scenario.engine, {}).get(cell.format)
        alone = (scenario.id,) if scenario.cold else ()
        alike = _alike(equipped.engine, scenario) if equipped else ()
        key = (scenario.engine, cell, scenario.cold, alone, alike)
        found.setdefault(key, []).append(scenario)
    for members in found.values():
        yield from _split(tuple(members), workers)


def _split(members: tuple[Scenario, ...], workers: int) -> Iterator[Group]:
    first = members[0]
    share = math.ceil(len(members) / workers)
    size = min(batches.LARGEST, share) if first.cell.modality is Modality.RUN else len(members)
    rest = iter(members)
    while piece := tuple(islice(rest, size)):
        yield Group(
            engine=first.engine,
            format=first.cell.format,
            backend=first.cell.backend,
            modality=first.cell.modality,
            scenarios=piece,
            cold=first.cold,
        )


def _alike(engine: Engine, scenario: Scenario) -> tuple[object, ...]:
    if scenario.cell.modality is Modality.RUN and engine.batch:
        return engine.batch.alike(scenario)
    if scenario.cell.modality is Modality.CHAT and engine.conversation:
        return engine.conversation.alike(scenario)
    return ()


def ask(station: Station, work: Group) -> None:
    """Ask all questions of a group, in the way the engine offers for its modality. Raises Cancelled."""
    engine = station.equipped.engine
    askable = []
    for scenario in work.scenarios:
        if reason := engine.refuses(scenario):
            unasked(station, (scenario,), f"{engine.name} cannot be asked this: {reason}")
        else:
            askable.append(scenario)
    if not askable:
        return
    if engine.server and (engine.remote or work.modality is Modality.SERVE):
        sessions.ask(station, askable, partial(servers.hold, engine.server, cold=work.cold))
    elif engine.conversation and work.modality is Modality.CHAT:
        sessions.ask(station, askable, partial(conversations.hold, engine.conversation, cold=work.cold))
    elif engine.one_shot and work.modality is Modality.RUN:
        _run(station, engine, askable, cold=work.cold)
    else:
        unasked(station, askable, f"{engine.name} has no modality {work.modality}")


def _run(station: Station, engine: Engine, scenarios: Sequence[Scenario], *, cold: bool) -> None:
    if engine.one_shot is None:
        return
    first = scenarios[0]
    setting = station.setting(station.scratch, first, timeout_s=first.timeout_s)
    if engine.batch and not cold and len(scenarios) > 1 and engine.batch.suits(setting):
        batches.ask(station, engine.batch, engine.one_shot, scenarios)
        return
    for scenario in scenarios:
        one_shot.ask(station, engine.one_shot, scenario)


def unasked(station: Station, scenarios: Sequence[Scenario], why: str) -> None:
    """Write down that questions could not be asked, through no fault of the model."""
    for scenario in scenarios:
        station.emit(observe(station, scenario, endings.unstarted(why), Sight()))
