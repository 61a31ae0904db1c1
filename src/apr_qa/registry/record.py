"""The record of one certification: the truth from which table, badges and site are derived."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from apr_qa.errors import InputError
from apr_qa.registry.recheck import recheck
from apr_qa.text import one_line
from apr_qa.vocab.axes import Gateway, Severity, Tier
from apr_qa.vocab.evidence import Evidence, Judged, RunRecord, machine_of
from apr_qa.vocab.score import GatewayState, Scorecard, Status
from apr_qa.vocab.stopped import stopped_early
from apr_qa.vocab.throughput import Speed, throughput
from apr_qa.vocab.validity import expiry, parse_time
from apr_qa.vocab.verdict import Outcome

RECORD_VERSION: Final = 1
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
LOST = 20
"""Causes kept in a record; the rest is in the evidence."""
_PROVENANCE = "PROVENANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Tokens per second over passed answers of the matrix."""

    median: float
    answers: int
    low: float | None = None
    high: float | None = None
    """Ends of the median's 95 % bootstrap interval; None with too few answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineUsed:
    """The engine that answered, as it was probed."""

    name: str
    version: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostClaims:
    """Claims of one gate that were lost in the same way."""

    gate: str
    outcome: Outcome
    severity: Severity
    gateway: Gateway | None
    claims: int
    reason: str
    """Of the first of them, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One certification, never changed once written. Its name is the SHA-256 of its bytes."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    version: Literal[1] = RECORD_VERSION
    model: str
    revision: str
    family: str
    parameters: str
    tier: Tier
    status: Status
    reason: str
    mqs: int
    before_gateways: int
    normalised: float
    grade: str
    formula: str
    best_status: Status
    certified_at: int
    gateways: Mapping[Gateway, GatewayState]
    judged: int
    corroborated: int
    lower_bound: float | None
    outcomes: Mapping[str, int]
    planned_matrix: int
    planned_probes: int
    matrix_judged: int
    cells: tuple[str, ...]
    """Planned to run."""
    matrix_cells: tuple[str, ...]
    """Asked for by the playbook."""
    narrowed: tuple[str, ...] = ()
    stopped_early: str = ""
    """Why less than the plan was asked, by the plan's own rule."""
    unlocked: str = ""
    """Why the playbook did not count as reviewed."""
    plug_ins: tuple[str, ...] = ()
    """Of other packages, that took part in judging."""
    outcomes_by_cell: Mapping[str, Mapping[Outcome, int]] = field(default_factory=dict)
    lost: tuple[LostClaims, ...] = ()
    """The worst first, at most `LOST`."""
    tps: Mapping[str, Throughput] = field(default_factory=dict)  # by `format-backend`
    engines: Mapping[str, EngineUsed] = field(default_factory=dict)
    """By format."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by name."""
    provenance_verified: bool = False
    playbook: str
    playbook_digest: str
    plan_digest: str
    evidence: str
    """Seal of the evidence."""
    apr_qa_version: str
    seed: int
    machine: str = ""
    """Processor, cores and graphics card: speeds are compared on equal machines only."""
    last_certified: str
    """When the run began: UTC, RFC 3339, to the second."""
    expires: str
    """The last day on which it counts: `2027-02-19`."""
    recheck: str
    """The command line that asks the same again."""

    @property
    def reservations(self) -> tuple[str, ...]:
        """What makes the claim smaller than its tier says, to stand beside it wherever it is shown."""
        early = ("stopped early",) if self.stopped_early else ()
        guests = (f"judged with plug-in {one_line(name, 120)}" for name in self.plug_ins)
        return (*self.narrowed, *early, *guests, *((f"playbook {self.unlocked}",) if self.unlocked else ()))


def make_record(evidence: Evidence, card: Scorecard) -> Record:
    """Return the record of a run. Raises InputError for a model name or time that no registry can hold."""
    run = evidence.run
    moment = parse_time(run.started_at)
    if moment is None:
        raise InputError("the evidence does not say when its run began", remedy="Certify the model again.")
    check_name(run.model)
    return Record(
        **_score(card),
        **_run(run),
        outcomes_by_cell=_by_cell(evidence),
        lost=_lost(evidence),
        tps={f"{fmt}-{backend}": _throughput(speed) for (fmt, backend), speed in throughput(evidence).items()},
        provenance_verified=_provenance(evidence),
        machine=machine_of(evidence.run),
        stopped_early=one_line(stopped_early(evidence), 500),
        evidence=evidence.seal,
        last_certified=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        expires=expiry(run.started_at),
    )


def _throughput(speed: Speed) -> Throughput:
    low, high = speed.interval or (None, None)
    return Throughput(median=round(speed.median, 3), answers=speed.n, low=low, high=high)


def check_name(model: str) -> None:
    """Raise InputError unless `model` is `name` or `org/name` and safe as a path below the registry."""
    if not _MODEL.fullmatch(model) or ".." in model:
        raise InputError(
            f"{model[:120]!r} is no name for the registry", remedy="Name the model `org/name` or `name`, plain ASCII."
        )


def text_of(record: Record) -> str:
    """Return the bytes of a record as text: sorted keys, two blanks, one line end. NaN is refused (ValueError)."""
    return json.dumps(dataclasses.asdict(record), indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"


def digest_of_text(text: str) -> str:
    """Return the name of a record: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of(record: Record) -> str:
    """Return the name of a record."""
    return digest_of_text(text_of(record))


def identity(record: Record) -> str:
    """Return what makes it the same model: the revision, or the files' digests where there is none."""
    return record.revision or " ".join(f"{name}:{digest}" for name, digest in sorted(record.files.items()))


def _score(card: Scorecard) -> dict[str, Any]:
    same = "tier status reason mqs before_gateways normalised grade formula judged corroborated lower_bound"
    facts = {name: getattr(card, name) for name in (*same.split(), "matrix_judged")}
    states = {g: card.gateways.get(g, GatewayState.NOT_EVALUATED) for g in Gateway}
    return facts | {"gateways": states, "outcomes": dict(sorted(card.outcomes.items()))}


def _run(run: RunRecord) -> dict[str, Any]:
    same = (
        "model revision family parameters best_status certified_at planned_matrix planned_probes cells matrix_cells"
        " narrowed unlocked plug_ins playbook playbook_digest plan_digest apr_qa_version seed"
    )
    engines = {f: EngineUsed(name=e.name, version=e.version, digest=e.digest) for f, e in sorted(run.engines.items())}
    return {name: getattr(run, name) for name in same.split()} | {
        "engines": engines,
        "files": dict(sorted(run.files.items())),
        "recheck": recheck(run),
    }


def _provenance(evidence: Evidence) -> bool:
    """Whether gates on the origin of the files were judged, and all of them survived."""
    origins = [j.verdict.outcome for j in evidence.judged if _PROVENANCE in j.claim.gate]
    return bool(origins) and all(outcome is Outcome.CORROBORATED for outcome in origins)


def _by_cell(evidence: Evidence) -> Mapping[str, Mapping[Outcome, int]]:
    cells: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for judged in evidence.judged:
        cells[str(judged.claim.subject)][judged.verdict.outcome] += 1
    return {cell: dict(sorted(cells[cell].items())) for cell in sorted(evidence.run.cells) if cell in cells}


def _lost(evidence: Evidence) -> tuple[LostClaims, ...]:
    groups: defaultdict[tuple[str, Outcome], list[Judged]] = defaultdict(list)
    for judged in evidence.judged:
        if judged.verdict.outcome.is_lost:
            groups[judged.claim.gate, judged.verdict.outcome].append(judged)
    found = [
        LostClaims(
            gate=gate,
            outcome=outcome,
            severity=members[0].claim.severity,
            gateway=members[0].claim.gateway,
            claims=len(members),
            reason=one_line(members[0].verdict.reason, 300),
        )
        for (gate, outcome), members in groups.items()
    ]
    return tuple(sorted(found, key=lambda lost: (lost.gateway is None, lost.severity, -lost.claims, lost.gate)))[:LOST]
