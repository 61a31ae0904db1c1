"""A plan: every question that will be asked and every claim that will be judged, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apr_qa.vocab.axes import Backend, Category, Cell, FailurePolicy, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.sequential import SequentialRule


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """What a claim is about; None means: all."""

    format: Format | None = None
    backend: Backend | None = None
    modality: Modality | None = None

    def __str__(self) -> str:
        return "-".join(str(a) for a in (self.format, self.backend, self.modality) if a) or "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One gate about one subject. The gate's data is copied so that evidence can be scored on its own."""

    id: str
    """`GATE-ID@subject[#n]`, unique in a plan."""
    gate: str
    gateway: Gateway | None
    category: Category
    severity: Severity
    weight: float
    subject: Subject
    needs: tuple[str, ...] = ()
    """Scenario ids whose observations decide it; empty for claims about files."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """What the gate's `draw` wants its `judge` to know (JSON values)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """Something asked for that will not be run, and why; shown before anything starts."""

    what: str
    reason: str
    required: bool = False
    """True when the tier requires it, so that the best status is PARTIAL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole of a run. `digest` is the SHA-256 of its canonical JSON without the digest."""

    digest: str
    playbook: str
    playbook_digest: str
    model: str
    tier: Tier
    seed: int
    cells: tuple[Cell, ...]
    """The cells that will run."""
    matrix_cells: tuple[Cell, ...]
    """The cells that the playbook asks for."""
    scenarios: tuple[Scenario, ...]
    claims: tuple[Claim, ...]
    not_run: tuple[NotRun, ...] = ()
    narrowed: tuple[str, ...] = ()
    """How the user narrowed the claim: `backends: cpu`."""
    failure_policy: FailurePolicy | None = None
    """The playbook's own; None: the command's."""
    predicted_minutes: float = 0.0
    predicted_disk_bytes: int = 0
    notes: tuple[str, ...] = ()
    sequential: SequentialRule | None = None
    """How the run may stop before all is asked; None: it does not."""
