"""Drawing claims: over formats, pairs of format and backend, or cells of what will run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apr_qa.vocab.axes import Cell, Format
from apr_qa.vocab.gates import Brief, Drawn, GateSpec
from apr_qa.vocab.plan import Claim, NotRun, Subject
from apr_qa.vocab.scenario import Scenario

Ask = Callable[[Brief, Cell], tuple[Scenario, ...]]
"""(brief, cell) -> the probes of one kind for that cell."""

Picks = Callable[[Cell], bool]
"""Is this the cell that the others are held against?"""


def claim(
    spec: GateSpec,
    subject: Subject,
    needs: Iterable[str] = (),
    *,
    number: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> Claim:
    """Return the claim of gate `spec` about `subject`; `number` tells several about one subject apart."""
    suffix = "" if number is None else f"#{number}"
    return Claim(
        id=f"{spec.id}@{subject}{suffix}",
        gate=spec.id,
        gateway=spec.gateway,
        category=spec.category,
        severity=spec.severity,
        weight=spec.weight,
        subject=subject,
        needs=tuple(needs),
        params=params or {},
    )


def cells_of(spec: GateSpec, brief: Brief) -> tuple[Cell, ...]:
    """Return the planned cells that the gate applies to."""
    return tuple(
        cell
        for cell in brief.cells
        if cell.format in spec.formats and cell.backend in spec.backends and cell.modality in spec.modalities
    )


def formats_of(spec: GateSpec, brief: Brief) -> tuple[Format, ...]:
    """Return the planned formats that the gate applies to and whose files are here, in order."""
    planned = dict.fromkeys(cell.format for cell in brief.cells)
    return tuple(form for form in planned if form in spec.formats and form in brief.files.artefacts)


def whole(cell: Cell) -> Subject:
    """Return the subject of a claim about one cell."""
    return Subject(format=cell.format, backend=cell.backend, modality=cell.modality)


def pair(cell: Cell) -> Subject:
    """Return the subject of a claim about one format on one backend."""
    return Subject(format=cell.format, backend=cell.backend)


def per_format(spec: GateSpec, brief: Brief) -> Drawn:
    """Draw one claim about the files of each planned format; nothing is asked."""
    return Drawn(claims=tuple(claim(spec, Subject(format=form)) for form in formats_of(spec, brief)))


def grouped(spec: GateSpec, brief: Brief, ask: Ask, by: Callable[[Cell], Subject] = whole) -> Drawn:
    """Draw one claim for each subject that `by` makes of the cells; it needs all that `ask` asks in those cells."""
    groups: dict[Subject, list[Scenario]] = {}
    for cell in cells_of(spec, brief):
        groups.setdefault(by(cell), []).extend(ask(brief, cell))
    asked = {subject: scenarios for subject, scenarios in groups.items() if scenarios}
    return Drawn(
        claims=tuple(claim(spec, subject, [s.id for s in scenarios]) for subject, scenarios in asked.items()),
        scenarios=probes_among(scenarios for scenarios in asked.values()),
    )


def probes_among(groups: Iterable[Iterable[Scenario]]) -> tuple[Scenario, ...]:
    """Return the probes of `groups`, each once; matrix scenarios are in the plan already."""
    found = {s.id: s for group in groups for s in group if s.purpose == "probe"}
    return tuple(found.values())


def not_drawn(spec: GateSpec, reason: str, *, required: bool = False) -> Drawn:
    """Draw nothing, and say why before anything runs."""
    return Drawn(not_run=(NotRun(what=spec.id, reason=reason, required=required),))


def strangers(section: Mapping[str, Any], known: Iterable[str], name: str) -> tuple[NotRun, ...]:
    """Return what is to be said of gates that a playbook section lists and that are none of its own."""
    listed = section.get("gates") or ()
    return tuple(
        NotRun(what=f"{name} gate {gate}", reason=f"the gates of {name} are {', '.join(known)}")
        for gate in listed
        if gate not in known
    )


def profile_limit(brief: Brief, name: str) -> float | None:
    """Return one of the `assertions` of the playbook's `profile_ci` section; None when it is not asked for.

    Only what is asked for here is read, so that the plan can name what had no effect.
    """
    section = brief.playbook.extras.get("profile_ci")
    if not isinstance(section, Mapping) or section.get("enabled") is False:
        return None
    limits = section.get("assertions")
    value = limits.get(name) if isinstance(limits, Mapping) else None
    return float(value) if isinstance(value, int | float) and value > 0 else None
