"""Cuts the plans of one or more models into shards that any number of machines can run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from apr_qa import __version__
from apr_qa.pipeline.packing import MINUTES_A_SHARD, Box, Unit, pack
from apr_qa.pipeline.plan_files import pinned, sharded_digest
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.ready import Ready
from apr_qa.pipeline.targets import Busy, Target
from apr_qa.pipeline.tool import tool_digest
from apr_qa.pipeline.trial import GATES
from apr_qa.pipeline.wishes import Wishes
from apr_qa.plan.predict import conversions, minutes
from apr_qa.plan.request import PlanRequest
from apr_qa.rooms import furnish
from apr_qa.run.machine import machine
from apr_qa.vocab.axes import Backend, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Claim, Plan
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.shards import PlannedModel, Runner, Shard, ShardedPlan

_SCANNED_BYTES_PER_S = 1e8
"""How fast our own readers and I-1 get through weights, all file claims together."""
_FETCHED_BYTES_PER_S = 5e7
_MEMORY_OF_ENGINE, _MEMORY_OF_REFERENCE = 1.5, 2.5
"""Memory as a multiple of the weights on disk; the reference engine computes in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The machines there are, and how many shards are wanted."""

    runners: tuple[Runner, ...]
    shards: int | None = None

    def as_machine(self, here: Machine) -> Machine:
        """This machine, with the gpu and the memory that the fleet has and it has not."""
        memory = max((here.memory_bytes, *(runner.memory_bytes or 0 for runner in self.runners)))
        gpus = [runner for runner in self.runners if runner.backend is Backend.GPU]
        gpu = here.gpu or f"of a runner ({', '.join(gpus[0].labels)})" if gpus else here.gpu
        return replace(here, gpu=gpu, memory_bytes=memory)


def plan_shards(targets: Sequence[Target], wishes: Wishes, fleet: Fleet, busy: Busy, *, job: str = "") -> ShardedPlan:
    """Return the plans of all `targets`, cut into shards. The same request on the same files gives the same bytes.

    `job`: digest of the bot's job that asks for it.
    Raises AprQaError for whatever stands in the way before the first question.
    """
    here = fleet.as_machine(machine())
    all_ready = [prepare(target, wishes, busy, here) for target in targets]
    units = [unit for number, ready in enumerate(all_ready) for unit in _units(number, ready, fleet.shards)]
    boxes = pack(units, fleet.runners, fleet.shards)
    models = tuple(_planned(ready) for ready in all_ready)
    made = ShardedPlan(
        digest="",
        apr_qa_version=__version__,
        engine=wishes.engine,
        formats=wishes.formats,
        policy=wishes.policy,
        models=models,
        shards=tuple(_shard(number, box, models[box.model].plan) for number, box in enumerate(boxes, start=1)),
        tool=tool_digest(),
        job=job,
    )
    return replace(made, digest=sharded_digest(made))


def _planned(ready: Ready) -> PlannedModel:
    """The model with the revision that its files have: a shard fetches that one, whatever was published since."""
    playbook = ready.target.playbook
    spec = replace(playbook.model, revision=ready.files.revision or playbook.model.revision)
    return PlannedModel(
        playbook=replace(playbook, model=spec),
        path=str(ready.target.path.resolve()) if ready.target.path else "",
        plan=ready.plan,
        run=pinned(ready.record()),
    )


def _units(number: int, ready: Ready, count: int | None) -> Iterator[Unit]:
    """The questions of each cell and engine, in pieces no larger than a shard should be; then the files' own claims."""
    request = _request(ready)
    needed = {name for claim in ready.plan.claims for name in claim.needs}
    together = _together(ready.plan)
    cells: dict[tuple[object, ...], list[Scenario]] = {}
    for scenario in ready.plan.scenarios:
        if scenario.id in needed:
            key = (together.get(scenario.id), scenario.engine, scenario.cell)
            cells.setdefault(key, []).append(scenario)
    total = sum(minutes(request, members) for members in cells.values())
    largest = total / count if count else MINUTES_A_SHARD
    for (whole, *_), members in cells.items():
        pieces = max(1, math.ceil(minutes(request, members) / largest)) if largest and whole is None else 1
        size = math.ceil(len(members) / pieces)
        for start in range(0, len(members), size):
            yield _unit(number, request, members[start : start + size])
    if any(_is_of_files(claim) for claim in ready.plan.claims):
        size = sum(request.sizes.values())
        backend = (
            ready.plan.cells[0].backend if Backend.CPU not in {c.backend for c in ready.plan.cells} else Backend.CPU
        )
        yield Unit(
            model=number,
            backend=backend,
            formats=tuple(request.sizes),
            scenarios=(),
            minutes=size / _SCANNED_BYTES_PER_S / 60 + conversions(request, ready.plan.claims),
            fetch_minutes=size / _FETCHED_BYTES_PER_S / 60,
            memory_bytes=int(request.sizes.get(Format.SAFETENSORS, 0) * _MEMORY_OF_REFERENCE),
        )


def _together(plan: Plan) -> dict[str, str]:
    """Scenario to the claim that must be judged where they were asked, because it takes the model's files as well."""
    reading = {gate.spec.id for gate in furnish(GATES, Gate) if gate.spec.reads_files}
    return {name: claim.id for claim in plan.claims if claim.gate in reading for name in claim.needs}


def _unit(number: int, request: PlanRequest, members: Sequence[Scenario]) -> Unit:
    form = members[0].cell.format
    size = request.sizes.get(form, 0)
    of_reference = "reference" in (members[0].engine, request.equipment[form].engine.name)
    return Unit(
        model=number,
        backend=members[0].cell.backend,
        formats=(form,),
        scenarios=tuple(scenario.id for scenario in members),
        minutes=minutes(request, members),
        fetch_minutes=size / _FETCHED_BYTES_PER_S / 60,
        memory_bytes=int(size * (_MEMORY_OF_REFERENCE if of_reference else _MEMORY_OF_ENGINE)),
    )


def _request(ready: Ready) -> PlanRequest:
    return PlanRequest(
        playbook=ready.target.playbook,
        tier=ready.target.tier,
        files=ready.files,
        equipment=ready.equipment[""],
        machine=ready.machine,
        gates=(),
        oracles=(),
        sizes={form: sum(path.stat().st_size for path in a.files) for form, a in ready.files.artefacts.items()},
    )


def _shard(number: int, box: Box, plan: Plan) -> Shard:
    inside = {name for unit in box.units for name in unit.scenarios}
    of_files = any(not unit.scenarios for unit in box.units)
    formats = {form for unit in box.units for form in unit.formats}
    return Shard(
        number=number,
        model=box.model,
        backend=box.runner.backend,
        labels=box.runner.labels,
        scenarios=tuple(scenario.id for scenario in plan.scenarios if scenario.id in inside),
        claims=tuple(c.id for c in plan.claims if _is_judged(c, inside, formats, of_files=of_files)),
        minutes=round(box.minutes, 2),
        memory_bytes=max(unit.memory_bytes for unit in box.units),
    )


def _is_judged(claim: Claim, inside: set[str], formats: set[Format], *, of_files: bool) -> bool:
    if claim.needs:
        return inside.issuperset(claim.needs)
    if claim.params.get("last"):
        return bool(inside)
    guards = claim.gateway is Gateway.G0 and claim.severity is Severity.P0
    return of_files or (guards and claim.subject.format in {None, *formats})


def _is_of_files(claim: Claim) -> bool:
    return not claim.needs and not claim.params.get("last")
