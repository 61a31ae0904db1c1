"""Which cells run, which cannot and why, and how the claim is narrowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apr_qa.errors import InputError
from apr_qa.plan.request import PlanRequest
from apr_qa.vocab.axes import Backend, Cell
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.playbook import Playbook

_AXES = ("formats", "backends", "modalities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The cells of a plan."""

    asked: tuple[Cell, ...]
    """By the playbook, before the user narrowed it."""
    run: tuple[Cell, ...]
    not_run: tuple[NotRun, ...]
    narrowed: tuple[str, ...]


def lay_out(request: PlanRequest) -> Field:
    """Return the cells that run, in the playbook's order. Raises InputError when none can, with all reasons."""
    asked = cells_of(request.playbook)
    narrowed = tuple(_narrowed(request))
    kept = [cell for cell in asked if _is_kept(cell, request)]
    reasons = {cell: why_not(cell, request) for cell in kept}
    run = tuple(cell for cell in kept if not reasons[cell])
    if not run:
        cells = {why: ", ".join(str(c) for c, reason in reasons.items() if reason == why) for why in reasons.values()}
        raise InputError(
            "nothing of this can run here\n" + "\n".join(f"  {which}: {why}" for why, which in cells.items()),
            remedy="`apr-qa doctor` says what this machine can certify and how to get the rest.",
        )
    required = set(request.tier.cells)
    missing = tuple(
        NotRun(what=str(cell), reason=reason, required=cell in required) for cell, reason in reasons.items() if reason
    )
    return Field(asked=asked, run=run, not_run=missing, narrowed=narrowed)


def cells_of(playbook: Playbook) -> tuple[Cell, ...]:
    """Return formats x backends x modalities of a playbook, formats outermost."""
    return tuple(
        Cell(format=f, backend=b, modality=m)
        for f in playbook.model.formats
        for b in playbook.matrix.backends
        for m in playbook.matrix.modalities
    )


def why_not(cell: Cell, request: PlanRequest) -> str:
    """Return why `cell` cannot run here, or an empty text when it can."""
    if cell.format not in request.files.artefacts:
        return request.files.not_found.get(cell.format, "the model has no file of this format here")
    equipped = request.equipment.get(cell.format)
    if equipped is None:
        return request.unequipped.get(cell.format, "no engine was chosen for this format")
    if cell.backend is Backend.GPU and not request.machine.gpu and not equipped.engine.remote:
        return "this machine has no gpu"
    return equipped.engine.supports(equipped.facts, cell)


def _is_kept(cell: Cell, request: PlanRequest) -> bool:
    wanted = request.narrowing
    return (
        (not wanted.formats or cell.format in wanted.formats)
        and (not wanted.backends or cell.backend in wanted.backends)
        and (not wanted.modalities or cell.modality in wanted.modalities)
    )


def _narrowed(request: PlanRequest) -> Iterator[str]:
    playbook = request.playbook
    asked: tuple[Sequence[StrEnum], ...] = (
        playbook.model.formats,
        playbook.matrix.backends,
        playbook.matrix.modalities,
    )
    for axis, has in zip(_AXES, asked, strict=True):
        wanted: Sequence[StrEnum] = getattr(request.narrowing, axis)
        if foreign := [value for value in wanted if value not in has]:
            problem = f"the playbook asks nothing of {', '.join(foreign)}; its {axis} are {', '.join(has)}"
            raise InputError(problem, where=f"--{axis}")
        if set(getattr(request.tier, axis)) - set(has):
            yield f"{axis}: {', '.join(has)} (by the playbook)"
        if wanted and set(wanted) < set(has):
            yield f"{axis}: {', '.join(value for value in has if value in wanted)}"
