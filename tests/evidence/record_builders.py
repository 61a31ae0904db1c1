"""Records with good defaults, for tests of what is kept and of what it is worth."""

from __future__ import annotations

from apr_qa.vocab.axes import Backend, Category, Cell, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.evidence import Judged, RunRecord
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome, Verdict

CELL = Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=Modality.RUN)
SUBJECT = Subject(format=Format.SAFETENSORS, backend=Backend.CPU)


def scenario(name="safetensors-cpu-run-matrix-000", prompt="2+2=", **fields):
    fields = {
        "cell": CELL,
        "messages": (Message(role=Role.USER, content=prompt),),
        "oracle": OracleSpec(name="number", expected={"number": "4"}),
        **fields,
    }
    return Scenario(id=name, **fields)


def observation(name="safetensors-cpu-run-matrix-000", ending=Ending.ANSWERED, text="4", **fields):
    reply = fields.pop("reply", None) or Reply(ending=ending, text=text if ending is Ending.ANSWERED else None)
    return Observation(scenario=name, unit=f"unit of {name}", reply=reply, **fields)


def claim(name="F-QUAL-001@model", category=Category.QUAL, gateway=None, **fields):
    fields = {"severity": Severity.P1, "weight": 1.0, "subject": SUBJECT, **fields}
    return Claim(id=name, gate=name.partition("@")[0], category=category, gateway=gateway, **fields)


def verdict(outcome=Outcome.CORROBORATED, reason="it survived"):
    return Verdict(outcome=outcome, reason=reason)


def judged(one, outcome=Outcome.CORROBORATED, reason="it survived"):
    return Judged(claim=one, verdict=verdict(outcome, reason))


def run_record(**fields):
    fields = {
        "plan_digest": "p" * 64,
        "playbook": "tiny x mvp",
        "playbook_digest": "b" * 64,
        "model": "local/tiny",
        "revision": "",
        "tier": Tier.MVP,
        "seed": 42,
        "started_at": "2026-11-25T12:00:00Z",
        "apr_qa_version": "0",
        "score_formula": "mqs-1",
        "cells": ("safetensors-cpu-run",),
        "best_status": Status.CERTIFIED,
        "certified_at": 850,
        **fields,
    }
    return RunRecord(**fields)


def gateway_claims(pairs=((Format.SAFETENSORS, Backend.CPU),)):
    """The claims that every gateway needs: one of G0, one of each other gateway for each format and backend."""
    g0 = claim("G0-INTEGRITY@model", Category.COMP, Gateway.G0, severity=Severity.P0, subject=Subject())
    others = [
        claim(f"{g}@{f}-{b}", Category.STAB, g, severity=Severity.P0, subject=Subject(format=f, backend=b))
        for g in (Gateway.G1, Gateway.G2, Gateway.G3, Gateway.G4)
        for f, b in pairs
    ]
    return (g0, *others)


def category_claims(each=2):
    """Claims of every category, without a gateway."""
    return tuple(claim(f"F-{c}-{n:03}@model", c) for c in Category for n in range(each))


def all_claims(each=2):
    return gateway_claims() + category_claims(each)


def perfect(run=None):
    """A run in which every planned claim survived."""
    run = run or run_record(claims=all_claims())
    return run, [judged(one) for one in run.claims]


def with_outcome(decided, which, outcome, reason="because"):
    """The same verdicts, but for the claims that `which` picks."""
    return [judged(j.claim, outcome, reason) if which(j.claim) else j for j in decided]
