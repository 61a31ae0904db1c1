"""Asks all questions of a plan on a pool of workers; observations come as they are made."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from apr_qa.errors import WorkspaceError
from apr_qa.run import groups
from apr_qa.run.admission import Admission
from apr_qa.run.endings import unstarted
from apr_qa.run.groups import Group
from apr_qa.run.isolation import out_of_reach
from apr_qa.run.record import now
from apr_qa.run.station import Cancelled, Station, remove
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.scenario import Scenario

CLIENTS_LIMIT = 32
"""The most requests that one server gets at once."""

Equipment = Mapping[str, Mapping[Format, Equipped]]
"""By `Scenario.engine` (empty: the engine on trial), then by format."""


def observe(  # noqa: PLR0913  (all but the first by name; none can be left out)
    scenarios: Sequence[Scenario],
    *,
    equipment: Equipment,
    files: ModelFiles,
    scratch: Path,
    workers: int,
    units: Callable[[Scenario], str],
    started: Callable[[Scenario], None],
) -> Generator[Observation]:
    """Yield one observation for each scenario, in the order in which they are made.

    `scratch` is an existing folder; what is made in it is removed. `units` gives a scenario's content address;
    `started` is called, from any worker, when one is about to be asked. With one worker, one question is asked at a
    time, so that speeds are not each other's. Closing the iterator ends every engine process (use
    `contextlib.closing`). Raises WorkspaceError when `scratch` cannot be used.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=scratch))
    except OSError as error:
        raise WorkspaceError(f"no working folder: {error.strerror}", where=str(scratch)) from None
    means = _Means(
        equipment=equipment, files=files, scratch=folder, workers=max(1, workers), units=units, started=started
    )
    run = _Run(means)
    try:
        yield from run.observations(scenarios)
    finally:
        run.stop()
        remove(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    equipment: Equipment
    files: ModelFiles
    scratch: Path
    workers: int
    units: Callable[[Scenario], str]
    started: Callable[[Scenario], None]


class _Run:
    """The pool, and the queue between workers and the consumer."""

    def __init__(self, means: _Means) -> None:
        self._means = means
        self._cancel = Event()
        self._admission = Admission()
        self._made: SimpleQueue[Observation | None] = SimpleQueue()
        self._pool = ThreadPoolExecutor(max_workers=means.workers, thread_name_prefix="worker")

    def observations(self, scenarios: Sequence[Scenario]) -> Iterator[Observation]:
        left = 0
        for work in groups.group(scenarios, self._means.equipment, self._means.workers):
            self._pool.submit(self._work, work)
            left += 1
        while left:
            made = self._made.get()
            if made is None:
                left -= 1
            else:
                yield made

    def stop(self) -> None:
        """End everything that runs and wait until it is gone."""
        self._cancel.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, work: Group) -> None:
        seen: set[str] = set()

        def emit(observation: Observation) -> None:
            seen.add(observation.scenario)
            self._made.put(observation)

        try:
            self._ask(work, emit)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001  (our bug, or a plug-in's; it must not look like the model's)
            for scenario in work.scenarios:
                if scenario.id not in seen:
                    self._made.put(self._unasked(scenario, f"a bug of apr-qa: {type(error).__name__}: {error}"))
        finally:
            self._made.put(None)

    def _ask(self, work: Group, emit: Callable[[Observation], None]) -> None:
        equipped = self._means.equipment.get(work.engine, {}).get(work.format)
        artefact = self._means.files.artefacts.get(work.format)
        what = "" if equipped else f"no engine for {work.format}"
        what = what or ("" if artefact else f"the model has no {work.format} files")
        what = what or (out_of_reach(artefact.files) if artefact else "")
        if equipped is None or artefact is None or what:
            for scenario in work.scenarios:
                emit(self._unasked(scenario, what))
            return
        station = Station(
            equipped=equipped,
            artefact=artefact,
            backend=work.backend,
            scratch=self._means.scratch,
            cancel=self._cancel,
            clients=min(self._means.workers, CLIENTS_LIMIT),
            unit=self._means.units,
            started=self._means.started,
            emit=emit,
        )
        station.check()
        with self._admission.place_for(artefact, self._cancel):
            groups.ask(station, work)

    def _unasked(self, scenario: Scenario, why: str) -> Observation:
        return Observation(
            scenario=scenario.id, unit=self._means.units(scenario), reply=unstarted(why), started_at=now()
        )
