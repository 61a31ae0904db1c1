"""The original's export: summary, score and gates, then one record for each answer and each claim."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.files import write_text
from apr_qa.pipeline.rescore import rescore
from apr_qa.text import strip_terminal_codes
from apr_qa.vocab.axes import Backend, Cell, Format, Gateway, Modality
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.scenario import Purpose, Scenario
from apr_qa.vocab.score import GatewayState, Scorecard
from apr_qa.vocab.throughput import passed_scenarios
from apr_qa.vocab.verdict import Outcome, Verdict

SCHEMA = "https://paiml.com/schemas/apr-qa-evidence.schema.json"
_GATEWAYS = {
    Gateway.G0: "G0-INTEGRITY",
    Gateway.G1: "G1-MODEL-LOADS",
    Gateway.G2: "G2-BASIC-INFERENCE",
    Gateway.G3: "G3-NO-CRASHES",
    Gateway.G4: "G4-OUTPUT-QUALITY",
}
_ANSWER_GATES = {
    (modality, backend): f"F-A{number}-001"
    for number, (modality, backend) in enumerate(((m, b) for m in Modality for b in Backend), start=1)
}
"""The original names the gate of an answer by modality and backend."""
_WORDS = {outcome: outcome.value.capitalize() for outcome in Outcome} | {Outcome.UNJUDGED: "Skipped"}
"""It has no word for what could not be judged; the reason says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the export says of the model and its playbook; empty: what the evidence says."""

    model: str = ""
    family: str = ""
    size: str = ""
    playbook: str = ""
    tier: str = ""


def to_original(source: Path, about: About, folder: Path) -> Path:
    """Write evidence in the original's export shape and return the path. Raises InputError, WorkspaceError."""
    scored = rescore(source, model=about.model)
    run = scored.evidence.run
    if about.model and run.model not in (about.model, ""):
        raise InputError(f"this evidence is of {run.model}, not of {about.model}", where=str(source))
    if not run.model:
        raise InputError("the evidence names no model", where=str(source), remedy="Name it: --model ORG/NAME.")
    told = replace(
        about,
        model=run.model,
        family=about.family or run.family,
        size=about.size or run.parameters,
        playbook=about.playbook or run.playbook,
        tier=about.tier or str(run.tier),
    )
    path = folder / f"{run.model.replace('/', '-').lower()}.json"
    document = export_of(scored.evidence, scored.scorecard, told)
    write_text(path, json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n")
    return path


def export_of(evidence: Evidence, card: Scorecard, about: About) -> dict[str, Any]:
    """Return evidence in the original's export shape, as JSON values."""
    answers = list(_answers(evidence, about))
    return {
        "$schema": SCHEMA,
        "version": "1.0.0",
        "model": {
            "hf_repo": about.model,
            "family": about.family,
            "size": about.size,
            "format": _format(evidence),
        },
        "playbook": {"name": about.playbook, "version": evidence.run.playbook_digest[:12], "tier": about.tier},
        "summary": _summary(answers, evidence),
        "mqs": {
            "score": card.mqs,
            "grade": card.grade,
            "gateway_passed": all(state is GatewayState.HOLDS for state in card.gateways.values()),
            "category_scores": {str(c).lower(): round(s.points, 2) for c, s in card.categories.items()},
        },
        "gates": {
            name: {"passed": card.gateways.get(gateway) is GatewayState.HOLDS, "reason": _why(gateway, evidence, card)}
            for gateway, name in _GATEWAYS.items()
        },
        "evidence": [*answers, *_claims(evidence, about)],
    }


def _format(evidence: Evidence) -> str:
    used = [cell.partition("-")[0] for cell in evidence.run.cells]
    return next((str(f) for f in Format if f in used), str(Format.SAFETENSORS))


def _summary(answers: list[dict[str, Any]], evidence: Evidence) -> dict[str, Any]:
    by_word = Counter(answer["outcome"] for answer in answers)
    passed, skipped = by_word["Corroborated"], by_word["Skipped"]
    failed = len(answers) - passed - skipped
    return {
        "total_scenarios": len(answers),
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
        "pass_rate": round(passed / (passed + failed), 6) if passed + failed else 0.0,
        "duration_ms": round(1000 * sum(seen.elapsed_s for seen in evidence.observations)),
        "timestamp": evidence.run.started_at,
    }


def _why(gateway: Gateway, evidence: Evidence, card: Scorecard) -> str:
    state = card.gateways.get(gateway, GatewayState.NOT_EVALUATED)
    lost = [j for j in evidence.judged if j.claim.gateway is gateway and j.verdict.outcome.is_lost]
    return f"{state}: {lost[0].verdict.reason}" if lost else str(state)


def _answers(evidence: Evidence, about: About) -> Iterator[dict[str, Any]]:
    seen = {observation.scenario: observation for observation in evidence.observations}
    passed = passed_scenarios(evidence)
    alone = {j.claim.needs[0]: j.verdict for j in evidence.judged if len(j.claim.needs) == 1 and not _held(j)}
    for scenario in evidence.run.scenarios:
        if scenario.purpose is not Purpose.MATRIX or scenario.id not in seen:
            continue
        gate = _ANSWER_GATES[scenario.cell.modality, scenario.cell.backend]
        nothing = Verdict(outcome=Outcome.UNJUDGED, reason="unjudged: no claim rests on this answer")
        held = Verdict(outcome=Outcome.CORROBORATED, reason="Test passed")
        verdict = held if scenario.id in passed else alone.get(scenario.id, nothing)
        yield _record(gate, scenario, verdict, seen[scenario.id], evidence, about)


def _held(judged: Judged) -> bool:
    return judged.verdict.outcome is Outcome.CORROBORATED


def _claims(evidence: Evidence, about: About) -> Iterator[dict[str, Any]]:
    scenarios = {scenario.id: scenario for scenario in evidence.run.scenarios}
    for judged in evidence.judged:
        if judged.claim.gate in _ANSWER_GATES.values():
            continue  # (these are the answers)
        first = next((scenarios[need] for need in judged.claim.needs if need in scenarios), None)
        yield _record(judged.claim.gate, first or judged.claim.subject, judged.verdict, None, evidence, about)


def _record(
    gate: str, about_what: Any, verdict: Verdict, seen: Observation | None, evidence: Evidence, about: About
) -> dict[str, Any]:
    reply = seen.reply if seen else None
    unjudged = "unjudged: " if verdict.outcome is Outcome.UNJUDGED else ""
    return {
        "id": f"{gate}-{seen.unit[:32]}" if seen else gate,
        "gate_id": gate,
        "scenario": _scenario(about_what, about),
        "outcome": _WORDS[verdict.outcome],
        "reason": f"{unjudged}{verdict.reason}".replace("unjudged: unjudged:", "unjudged:"),
        "output": strip_terminal_codes(reply.text or "") if reply else "",
        "stderr": seen.stderr_tail if seen else None,
        "exit_code": seen.exit_status if seen else None,
        "metrics": _metrics(seen),
        "timestamp": (seen.started_at if seen else "") or evidence.run.started_at,
        "host": _host(evidence),
        "metadata": {},
    }


def _scenario(what: Any, about: About) -> dict[str, Any]:
    org, _, name = about.model.rpartition("/")
    asked = what if isinstance(what, Scenario) else None
    cell = asked.cell if asked else _cell(what)
    return {
        "id": asked.id if asked else f"{name}_{what}",
        "model": {"org": org, "name": name, "variant": None},
        "modality": str(cell.modality),
        "backend": str(cell.backend),
        "format": str(cell.format),
        "prompt": asked.prompt if asked else "",
        "temperature": asked.temperature if asked else 0.0,
        "max_tokens": asked.max_tokens if asked else 0,
        "seed": asked.seed if asked else 0,
        "trace_level": "none",
        "oracle_type": asked.oracle.name if asked else "none",
    }


def _cell(subject: Any) -> Cell:
    """The original files every record under a cell; what a subject leaves open is filled with the first of each."""
    return Cell(
        format=subject.format or Format.SAFETENSORS,
        backend=subject.backend or Backend.CPU,
        modality=subject.modality or Modality.RUN,
    )


def _metrics(seen: Observation | None) -> dict[str, Any]:
    reply = seen.reply if seen else None
    peak = seen.peak_rss_bytes if seen else None
    return {
        "tokens_per_second": reply.tokens_per_s if reply else None,
        "time_to_first_token_ms": None,
        "total_tokens": reply.completion_tokens if reply else None,
        "memory_peak_mb": peak >> 20 if peak else None,
        "duration_ms": round(1000 * seen.elapsed_s) if seen else 0,
    }


def _host(evidence: Evidence) -> dict[str, Any]:
    host = evidence.run.host
    engines = ", ".join(dict.fromkeys(f"{e.name} {e.version}" for e in evidence.run.engines.values()))
    return {
        "hostname": "not recorded",
        "os": str(host.get("os", "unknown")),
        "cpu": str(host.get("cpu", "unknown")),
        "gpu": host.get("gpu") or None,
        "apr_version": engines or "unknown",
    }
