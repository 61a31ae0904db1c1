"""Evidence of the original: a bare array of records, or an export that holds one. Its verdicts are not taken over."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.evidence.legacy_answer import reply_of
from apr_qa.oracles import expectation
from apr_qa.vocab.axes import Backend, Category, Cell, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.evidence import Evidence, RunRecord
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario

LEGACY_SCHEMA = 0
_ANSWER = re.compile(r"F-A[1-6]-")
_GATEWAYS = {"G2-BASIC": Gateway.G2, "G3-STABLE": Gateway.G3}
_CATEGORIES = (
    (("F-CONV-RT", "F-CONV-IDEM", "F-CONV-COM"), Category.REGR),
    (("F-CONV", "F-CONTRACT"), Category.COMP),
    (("G0-", "G3-"), Category.STAB),
    (("F-PERF",), Category.PERF),
)
"""Where the original files its gates, by how their ids begin; the rest is QUAL."""
_NOTE = "Written by the original. Its verdicts count for nothing here; its answers can be judged again."


def read_legacy(document: object, path: Path) -> Evidence:
    """Return the questions and answers of the original's evidence, and its claims without verdicts.

    Raises InputError when it is neither an array of records nor an export, or a record cannot be read.
    """
    records = document.get("evidence") if isinstance(document, dict) else document
    if not isinstance(records, list):
        remedy = "Give an evidence.json of apr-qa, or of the original (an array of records, or an export of it)."
        raise InputError("this is no evidence that apr-qa knows", where=str(path), remedy=remedy)
    read = [_record(record, number, path) for number, record in enumerate(records)]
    scenarios = tuple(scenario for scenario, _, _ in read if scenario)
    return Evidence(
        run=_run(records, document, scenarios, [claim for _, _, claim in read]),
        observations=tuple(seen for _, seen, _ in read if seen),
        judged=(),
        schema_version=LEGACY_SCHEMA,
        notes=(_NOTE,),
    )


def with_expectations(run: RunRecord, room: Sequence[Oracle]) -> RunRecord:
    """Return the run with an oracle for every question: the first that knows its kind, else garbage alone."""
    return replace(run, scenarios=tuple(replace(s, oracle=_oracle(s.prompt, room)) for s in run.scenarios))


def _oracle(prompt: str, room: Sequence[Oracle]) -> OracleSpec:
    for oracle in room:
        if oracle.name != "garbage" and oracle.combine is None:
            with suppress(InputError):
                spec = expectation(OracleSpec(name=oracle.name), prompt, room)
                if spec is not None:
                    return spec
    return OracleSpec(name="garbage")


def _record(record: Any, number: int, path: Path) -> tuple[Scenario | None, Observation | None, Claim]:
    try:
        cell = _cell(record["scenario"])
        scenario = observation = None
        gate = str(record["gate_id"])
        if gate in _GATEWAYS or _ANSWER.match(gate):
            scenario = _scenario(record["scenario"], cell, number)
            observation = _observation(record, scenario)
        return scenario, observation, _claim(record, gate, cell, number)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"this record cannot be read: {error!r}", where=f"{path}: record {number + 1}") from None


def _cell(scenario: dict[str, Any]) -> Cell:
    return Cell(
        format=Format(scenario["format"]),
        backend=Backend(scenario["backend"]),
        modality=Modality(scenario["modality"]),
    )


def _scenario(said: dict[str, Any], cell: Cell, number: int) -> Scenario:
    return Scenario(
        id=f"{cell}-matrix-{number:03}",
        cell=cell,
        messages=(Message(role=Role.USER, content=str(said["prompt"])),),
        oracle=OracleSpec(name="garbage"),
        max_tokens=int(said.get("max_tokens") or 32),
        temperature=_finite(said.get("temperature")),
        seed=int(said.get("seed") or 0),
    )


def _observation(record: dict[str, Any], scenario: Scenario) -> Observation:
    metrics = record.get("metrics") or {}
    canonical = json.dumps(record, sort_keys=True)
    return Observation(
        scenario=scenario.id,
        unit=hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest(),
        reply=reply_of(record, scenario.cell.modality, scenario.prompt),
        started_at=str(record.get("timestamp") or ""),
        elapsed_s=_finite(metrics.get("duration_ms")) / 1000,
        exit_status=_whole(record.get("exit_code")),
        stderr_tail=str(record.get("stderr") or "")[-2000:],
    )


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def _finite(value: Any) -> float:
    number = float(value or 0.0)
    if not math.isfinite(number):
        raise ValueError(f"{number} is no number that can be measured")
    return number


def _claim(record: dict[str, Any], gate: str, cell: Cell, number: int) -> Claim:
    asked = gate in _GATEWAYS or _ANSWER.match(gate) is not None
    gateway = Gateway.G0 if gate.startswith("G0-") else _GATEWAYS.get(gate)
    return Claim(
        id=f"{gate}@{cell}#{number}",
        gate=gate,
        gateway=gateway,
        category=next((category for starts, category in _CATEGORIES if gate.startswith(starts)), Category.QUAL),
        severity=Severity.P0 if gateway else Severity.P1,
        weight=1.0,
        subject=Subject(format=cell.format, backend=cell.backend, modality=cell.modality),
        needs=(f"{cell}-matrix-{number:03}",) if asked else (),
        params={"original": str(record["outcome"]).lower()},
    )


def _run(records: list[Any], document: object, scenarios: tuple[Scenario, ...], claims: Iterable[Claim]) -> RunRecord:
    said = records[0]["scenario"].get("model") if records else None
    model = said if isinstance(said, dict) else {}
    export = document.get("playbook") if isinstance(document, dict) else None
    playbook = export if isinstance(export, dict) else {}
    tier = str(playbook.get("tier", ""))
    cells = tuple(dict.fromkeys(str(scenario.cell) for scenario in scenarios))
    digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode("utf-8", "replace")).hexdigest()
    return RunRecord(
        plan_digest=digest,
        playbook=str(playbook.get("name", "")),
        playbook_digest="",
        model=f"{model.get('org', '')}/{model.get('name', '')}".strip("/"),
        revision="",
        tier=Tier(tier) if tier in list(Tier) else Tier.SMOKE,
        seed=0,
        started_at=str(records[0].get("timestamp") or "") if records else "",
        apr_qa_version="",
        score_formula="",
        planned_matrix=len(scenarios),
        cells=cells,
        matrix_cells=cells,
        scenarios=scenarios,
        claims=tuple(claims),
    )
