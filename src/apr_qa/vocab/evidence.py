"""What is kept of a run: who asked what of which engine on which files, what came back, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from annotated_types import Interval

from apr_qa.vocab.axes import Tier
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.score import Status
from apr_qa.vocab.sequential import SequentialRule
from apr_qa.vocab.verdict import Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What an engine said of itself when probed."""

    name: str
    version: str
    digest: str = ""
    """SHA-256 of the program, or of the wheel's version string for embedded engines."""
    path: str = ""
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Everything that makes evidence repeatable."""

    plan_digest: str
    playbook: str
    playbook_digest: str
    model: str
    revision: str
    tier: Tier
    seed: int
    started_at: str
    apr_qa_version: str
    score_formula: str
    family: str = ""
    parameters: str = ""
    engines: Mapping[str, EngineFacts] = field(default_factory=dict)
    """By format."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by relative name."""
    host: Mapping[str, Any] = field(default_factory=dict)
    """os, arch, cpu model, cores, memory_bytes, gpu; never host or user names."""
    argv: tuple[str, ...] = ()
    planned_matrix: int = 0
    planned_probes: int = 0
    cells: tuple[str, ...] = ()
    """The cells that were planned to run, as `format-backend-modality`."""
    matrix_cells: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    claims: Sequence[Claim] = ()
    scenarios: Sequence[Scenario] = ()
    plug_ins: tuple[str, ...] = ()
    """Third-party plug-ins named by the user."""
    sequential: SequentialRule | None = None
    """How the run could stop before all was asked; None: it could not."""
    unlocked: str = ""
    """Why the playbook was not as its lock says, when it was run all the same."""
    best_status: Status = Status.PROVISIONAL
    """The tier's cap. Copied from the tier, so that evidence can be scored on its own."""
    certified_at: Annotated[int, Interval(ge=0, le=1000)] = 900
    """Raw MQS from which the tier says CERTIFIED. Evidence that says nothing is held to the strictest tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim and what became of it."""

    claim: Claim
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sealed run: `observations` and `judged` in the order they were made. Long sequences may lie in a file."""

    run: RunRecord
    observations: Sequence[Observation]
    judged: Sequence[Judged]
    seal: str = ""
    """Head of the journal's hash chain; empty for evidence of the original, which has none."""
    schema_version: int = SCHEMA_VERSION
    """0 for evidence of the original, whose verdicts are not taken over."""
    notes: tuple[str, ...] = ()
    complete: bool = False
    """True when `judged` is known to hold every planned claim once, in the order of the plan."""


Record: TypeAlias = RunRecord | Scenario | Claim | Observation | Judged | str
"""What evidence is a stream of: the run first, then the plan, then what came back. A text is a note."""


def machine_of(run: RunRecord) -> str:
    """Return what the speed of a run depends on besides the engine: processor, cores, graphics card."""
    facts = (run.host.get("cpu"), f"{run.host['cores']} cores" if run.host.get("cores") else "", run.host.get("gpu"))
    return ", ".join(str(fact) for fact in facts if fact)
