"""Hand-made evidence and scorecards: a passing, a blocked, a partial and a hostile model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from apr_qa.vocab.axes import Backend, Category, Cell, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.evidence import EngineFacts, Evidence, Judged, RunRecord
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.plan import Claim, NotRun, Subject
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario
from apr_qa.vocab.score import CategoryScore, GatewayState, Scorecard, Status
from apr_qa.vocab.verdict import Outcome, Verdict

PROMPTS = (
    ("What is 2 + 2?", "4"),
    ("What is 7 + 5?", "12"),
    ("What is 3 * 3?", "9"),
    ("Say hello.", ""),
)
HOSTILE = (
    "</script><script>alert(1)</script> ]]> <![CDATA[ ``` \n```\n@maintainer #12 https://evil.example/ | a | b |\n"
    "::set-output name=x::y\n##[error]boom\r\x1b[31mred\x1b]0;title\x07 \x00\x08 \u202eevil\u202c \u2066x\u2069"
    " \ud800 \ufffe \u2028 {{ 7*7 }} <img src=x onerror=alert(1)> &amp; '\""
)
CELLS = tuple(Cell(format=f, backend=Backend.CPU, modality=m) for f in Format for m in Modality)


def scenario(cell: Cell, number: int) -> Scenario:
    """One arithmetic question or greeting in a cell."""
    prompt, number_expected = PROMPTS[number % len(PROMPTS)]
    oracle = OracleSpec(name="arithmetic", expected={"number": number_expected}) if number_expected else None
    return Scenario(
        id=f"{cell}-matrix-{number:03d}",
        cell=cell,
        messages=(Message(role=Role.USER, content=prompt),),
        oracle=oracle or OracleSpec(name="response"),
    )


def observation(asked: Scenario, **changes: Any) -> Observation:
    """The right answer at a plausible speed, unless said otherwise."""
    text = str(asked.oracle.expected.get("number", "Hello! How can I help you?"))
    reply = Reply(
        ending=changes.pop("ending", Ending.ANSWERED),
        text=changes.pop("text", text),
        tokens_per_s=changes.pop("tokens_per_s", 40.0 + len(asked.id) % 7),
        message=changes.pop("message", ""),
    )
    command = f"apr run model.{asked.cell.format} --prompt='{asked.prompt}' --temperature 0"
    return Observation(
        scenario=asked.id, unit=f"unit-{asked.id}", reply=reply, elapsed_s=0.42, reproduce=command, **changes
    )


def claim(gate: str, subject: Subject, needs: tuple[str, ...] = (), **changes: Any) -> Claim:
    """A quality claim of severity P1, unless said otherwise."""
    facts: dict[str, Any] = {
        "gateway": None,
        "category": Category.QUAL,
        "severity": Severity.P1,
        "weight": 1.0,
    }
    mark = f"#{needs[0]}" if len(needs) == 1 else ""
    return Claim(id=f"{gate}@{subject}{mark}", gate=gate, subject=subject, needs=needs, **(facts | changes))


def judged(made: Claim, outcome: Outcome = Outcome.CORROBORATED, reason: str = "", **detail: Any) -> Judged:
    """A claim with its outcome."""
    return Judged(claim=made, verdict=Verdict(outcome=outcome, reason=reason or f"{outcome}.", detail=detail))


def _whole(cell: Cell) -> Subject:
    return Subject(format=cell.format, backend=cell.backend, modality=cell.modality)


def _about_files() -> list[Judged]:
    made = []
    for f in Format:
        on = Subject(format=f, backend=Backend.CPU)
        made += [
            judged(claim("G0-INTEGRITY-HEADER", Subject(format=f), gateway=Gateway.G0, severity=Severity.P0)),
            judged(claim("F-LOAD-001", on, gateway=Gateway.G1, severity=Severity.P0)),
            judged(claim("F-ANSWER-001", on, gateway=Gateway.G2, severity=Severity.P0)),
            judged(claim("F-STABLE-001", on, gateway=Gateway.G3, severity=Severity.P0)),
            judged(claim("F-QUAL-BASIC-001", on, gateway=Gateway.G4, severity=Severity.P0)),
            judged(claim("F-PERF-TPS-001", on, category=Category.PERF, severity=Severity.P2)),
            judged(claim("F-STAB-REPEAT-001", on, category=Category.STAB)),
            judged(claim("F-COMP-AGREE-001", Subject(format=f), category=Category.COMP)),
            judged(claim("F-EDGE-UNICODE-001", on, category=Category.EDGE)),
            judged(claim("F-REGR-001", Subject(format=f), category=Category.REGR)),
        ]
    return made


def run_record(scenarios: Iterable[Scenario], claims: Iterable[Claim], **changes: Any) -> RunRecord:
    """A run of tier mvp on cpu."""
    facts: dict[str, Any] = {
        "best_status": Status.CERTIFIED,
        "certified_at": 850,
        "plan_digest": "5ee0917c" * 8,
        "playbook": "qwen-coder x mvp",
        "playbook_digest": "ab12cd34" * 8,
        "model": "Qwen/Qwen2.5-Coder-0.5B-Instruct",
        "revision": "f4701aa1",
        "tier": Tier.MVP,
        "seed": 42,
        "started_at": "2026-11-21T09:30:00+00:00",
        "apr_qa_version": "0.1.0",
        "score_formula": "1",
        "family": "qwen-coder",
        "parameters": "0.5B",
        "engines": {f: EngineFacts(name="apr", version="0.72.3", digest="0a" * 32) for f in Format},
        "files": {"model.safetensors": "11" * 32, "model.apr": "22" * 32, "model.gguf": "33" * 32},
        "host": {"os": "Linux", "arch": "x86_64", "cores": 8, "memory_bytes": 34359738368},
        "argv": ("certify", "qwen-coder/0.5B", "mvp", "--backends", "cpu"),
        "planned_matrix": 36,
        "planned_probes": 12,
        "cells": tuple(str(c) for c in CELLS),
        "matrix_cells": tuple(f"{f}-{b}-{m}" for f in Format for b in Backend for m in Modality),
        "narrowed": ("backends: cpu",),
        "not_run": tuple(
            NotRun(what=f"{f}-gpu-{m}", reason="You narrowed the claim to cpu.") for f in Format for m in Modality
        ),
        "scenarios": tuple(scenarios),
        "claims": tuple(claims),
    }
    return RunRecord(**(facts | changes))


def scorecard(evidence: Evidence, status: Status, mqs: int, before: int, **changes: Any) -> Scorecard:
    """A scorecard that fits the evidence in its counts; what it is worth is said by the caller."""
    outcomes = [j.verdict.outcome for j in evidence.judged]
    survived, tried = sum(o is Outcome.CORROBORATED for o in outcomes), sum(o.is_judged for o in outcomes)
    maxima = {"QUAL": 200, "PERF": 150, "STAB": 200, "COMP": 150, "EDGE": 150, "REGR": 150}
    facts: dict[str, Any] = {
        "formula": "1",
        "tier": evidence.run.tier,
        "status": status,
        "reason": "All five gateways hold and 1000 of 1000 points are earned.",
        "mqs": mqs,
        "before_gateways": before,
        "normalised": 100.0 if mqs else 0.0,
        "grade": "A+" if mqs else "F",
        "qualifies": bool(mqs),
        "is_production_ready": bool(mqs),
        "gateways": dict.fromkeys(Gateway, GatewayState.HOLDS),
        "categories": {c: _points(evidence, c, maxima[c]) for c in Category},
        "judged": tried,
        "corroborated": survived,
        "lower_bound": 0.05 ** (1 / tried) if survived == tried else 0.61,
        "outcomes": {str(o): outcomes.count(o) for o in Outcome},
        "matrix_judged": 36,
    }
    return Scorecard(**(facts | changes))


def _points(evidence: Evidence, category: Category, maximum: int) -> CategoryScore:
    outcomes = [j.verdict.outcome for j in evidence.judged if j.claim.category is category]
    won, lost = outcomes.count(Outcome.CORROBORATED), sum(o.is_lost for o in outcomes)
    return CategoryScore(
        points=maximum * won / max(won + lost, 1),
        maximum=maximum,
        corroborated=won,
        lost=lost,
        unjudged=outcomes.count(Outcome.UNJUDGED),
        skipped=outcomes.count(Outcome.SKIPPED),
    )


Spoil = Callable[[Scenario, Judged, Observation], tuple[Judged, Observation]]


def evidence_of(spoil: Spoil | None = None, count: int = 4, **run: Any) -> Evidence:
    """Evidence of nine cells with `count` questions each; `spoil` may change a claim and what was seen."""
    asked = [scenario(cell, n) for cell in CELLS for n in range(count)]
    pairs = []
    for each in asked:
        pair = judged(claim("F-QUAL-ANSWER-001", _whole(each.cell), (each.id,))), observation(each)
        pairs.append(spoil(each, *pair) if spoil else pair)
    verdicts = [*_about_files(), *(j for j, _ in pairs)]
    record = run_record(asked, [j.claim for j in verdicts], **run)
    return Evidence(run=record, observations=tuple(o for _, o in pairs), judged=tuple(verdicts), seal="d70a51ce" * 8)


def outcome_of(made: Judged, outcome: Outcome, reason: str, **detail: Any) -> Judged:
    """The same claim with another verdict."""
    return dataclasses.replace(made, verdict=Verdict(outcome=outcome, reason=reason, detail=detail))
