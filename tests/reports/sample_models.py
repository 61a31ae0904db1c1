"""Four models for the reports to speak of: passing, blocked, partial, hostile."""

from __future__ import annotations

import dataclasses
from functools import partial

from sample_evidence import (
    HOSTILE,
    claim,
    evidence_of,
    judged,
    observation,
    outcome_of,
    scorecard,
)

from apr_qa.vocab.axes import Category, Format, Gateway, Modality, Severity
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.plan import NotRun, Subject
from apr_qa.vocab.scenario import Message, Role, Scenario
from apr_qa.vocab.score import GatewayState, Scorecard, Status
from apr_qa.vocab.verdict import Outcome, Verdict

Case = tuple[Evidence, Scorecard]


def passing() -> Case:
    """Everything survived; one crash did not repeat."""
    evidence = evidence_of()
    shaky = dataclasses.replace(evidence.observations[5], attempts=2, first_ending=Ending.CRASHED)
    evidence = dataclasses.replace(
        evidence, observations=(*evidence.observations[:5], shaky, *evidence.observations[6:])
    )
    card = scorecard(evidence, Status.CERTIFIED, 980, 980, penalties={"crash": 20, "timeout": 0})
    return evidence, dataclasses.replace(
        card, normalised=99.2, reason="All five gateways hold, and the evidence earns 980 of 1000 points."
    )


def _garbled(asked: Scenario, made: Judged, seen: Observation) -> tuple[Judged, Observation]:
    cell, number = asked.cell, asked.id[-1]
    if cell.format is Format.GGUF:
        seen = observation(asked, text="ILLISECONDS쫌 of of 17 17\x1b[0m", tokens_per_s=61.0)
        wanted = asked.oracle.expected.get("number", "a greeting")
        return outcome_of(made, Outcome.FALSIFIED, f'The answer is not "{wanted}" but "ILLISECONDS쫌 of of".'), seen
    if cell.modality is Modality.CHAT and number == "3":
        seen = observation(asked, text="Hello!<|im_end|>852991170 20 20 20", ending=Ending.ANSWERED)
        return outcome_of(
            made, Outcome.FALSIFIED, "The answer runs past the end of the turn.", culprit="engine", tokens=32, limit=8
        ), seen
    if cell.format is Format.APR and cell.modality is Modality.SERVE and number == "1":
        seen = observation(asked, text=None, ending=Ending.TIMEOUT, stderr_tail="loading ...\nstill loading ...")
        return outcome_of(made, Outcome.TIMEOUT, "No answer in 60 s; its processes were ended."), seen
    if cell.format is Format.SAFETENSORS and cell.modality is Modality.SERVE and number == "0":
        return outcome_of(made, Outcome.SKIPPED, "The chat template has no tools."), seen
    return made, seen


def blocked() -> Case:
    """The GGUF file answers nonsense, so G4 fell; other cells lose a claim here and there."""
    evidence = evidence_of(_garbled)
    moved = Subject(format=Format.GGUF)
    blame = judged(
        claim("F-CONTRACT-I2-001", moved, gateway=Gateway.G4, category=Category.COMP, severity=Severity.P0),
        Outcome.FALSIFIED,
        "blk.0.attn_k.weight of the GGUF file is not the SafeTensors tensor: its rows are permuted as for llama.",
        culprit="file",
        tensor="blk.0.attn_k.weight",
        residual=1.381,
        residual_put_back=0.061,
        noise_of_the_dtype=0.075,
    )
    evidence = dataclasses.replace(evidence, judged=(*evidence.judged, blame))
    card = scorecard(
        evidence,
        Status.BLOCKED,
        0,
        741,
        reason="Gateway G4 fell: the GGUF file answers 0 of 12 basic prompts right, because the key rows of "
        "layer 0 are permuted for an architecture this model does not have.",
        gateways=dict.fromkeys(Gateway, GatewayState.HOLDS) | {Gateway.G4: GatewayState.FELL},
        lower_bound=0.6127,
    )
    return evidence, card


def _unjudged(asked: Scenario, made: Judged, seen: Observation) -> tuple[Judged, Observation]:
    if asked.cell.format is Format.APR:
        seen = observation(asked, text=None, ending=Ending.UNSTARTED, message="No space left on device")
        return outcome_of(made, Outcome.UNJUDGED, "The disk was full, so the engine was not started."), seen
    return made, seen


def partial_run() -> Case:
    """The disk was full for APR, and the tier requires a gpu that is not there."""
    missing = tuple(
        NotRun(what=f"{f}-gpu-{m}", reason="This machine has no GPU.", required=True) for f in Format for m in Modality
    )
    evidence = evidence_of(_unjudged, narrowed=(), not_run=missing)
    card = scorecard(
        evidence,
        Status.PARTIAL,
        871,
        871,
        reason="No verdict: 12 claims could not be judged and 9 required cells were not run.",
        gateways=dict.fromkeys(Gateway, GatewayState.HOLDS) | {Gateway.G2: GatewayState.NOT_EVALUATED},
    )
    return evidence, dataclasses.replace(card, normalised=94.6, grade="A", qualifies=False, is_production_ready=False)


def _poisoned(text: str, asked: Scenario, made: Judged, _seen: Observation) -> tuple[Judged, Observation]:
    seen = observation(asked, text=text, stderr_tail=text, message=text, ending=Ending.FAILED)
    seen = dataclasses.replace(seen, reproduce=text)
    gate = dataclasses.replace(made.claim, gate=f"F-{text[:400]}", id=f"{made.claim.id}{text[:400]}")
    return Judged(claim=gate, verdict=Verdict(outcome=Outcome.FALSIFIED, reason=text, detail={"said": text})), seen


def hostile(text: str = HOSTILE, count: int = 4) -> Case:
    """Every text of the records is an attack."""
    evidence = evidence_of(partial(_poisoned, text), count)
    asked = tuple(
        dataclasses.replace(s, messages=(Message(role=Role.USER, content=text),)) for s in evidence.run.scenarios
    )
    run = dataclasses.replace(
        evidence.run,
        model=f"org/{text[:300]}",
        revision=text[:300],
        scenarios=asked,
        files={text[:300]: "aa" * 32},
        host={"cpu": text[:300]},
        argv=("certify", text[:300]),
        narrowed=(text[:300],),
        not_run=(NotRun(what=text[:300], reason=text),),
    )
    evidence = dataclasses.replace(evidence, run=run)
    fell = dict.fromkeys(Gateway, GatewayState.FELL)
    return evidence, scorecard(evidence, Status.BLOCKED, 0, 312, reason=text, gateways=fell)


def empty() -> Case:
    """A run that judged nothing at all."""
    whole = evidence_of()
    evidence = dataclasses.replace(whole, observations=(), judged=())
    card = scorecard(
        dataclasses.replace(whole, judged=whole.judged[:1]),
        Status.FAIL,
        0,
        0,
        reason="The run produced no judged evidence.",
        gateways=dict.fromkeys(Gateway, GatewayState.NOT_EVALUATED),
    )
    return evidence, dataclasses.replace(card, judged=0, corroborated=0, lower_bound=None, matrix_judged=0)


CASES = {"passing": passing, "blocked": blocked, "partial": partial_run, "hostile": hostile, "empty": empty}
