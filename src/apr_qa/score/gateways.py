"""Which gateways hold. Absence of evidence is `not evaluated`, never a gateway that holds."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.score.tally import Tally
from apr_qa.vocab.axes import Gateway
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.score import GatewayState
from apr_qa.vocab.verdict import Outcome

NAMES = {
    Gateway.G0: "integrity",
    Gateway.G1: "load",
    Gateway.G2: "inference",
    Gateway.G3: "stability",
    Gateway.G4: "quality",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayResult:
    """The state of one gateway and what decided it, as a clause of a sentence."""

    state: GatewayState
    why: str


def evaluate(run: RunRecord, tally: Tally) -> dict[Gateway, GatewayResult]:
    """Return the state of every gateway.

    G0 holds when its claims survived; G1 to G4 need besides a surviving claim about each planned format on each
    planned backend.
    """
    return {gateway: _state(gateway, run, tally) for gateway in Gateway}


def _state(gateway: Gateway, run: RunRecord, tally: Tally) -> GatewayResult:
    survived: set[tuple[str, str]] = set()
    proofs, open_claim = 0, ""
    for claim, outcome, reason in tally.results():
        if claim.gateway is not gateway:
            continue
        if outcome.is_lost:
            return GatewayResult(state=GatewayState.FELL, why=f"{claim.id}: {reason}")
        if outcome is Outcome.CORROBORATED:
            proofs += 1
            survived.add((str(claim.subject.format), str(claim.subject.backend)))
        elif outcome is Outcome.UNJUDGED:
            open_claim = open_claim or f"{claim.id} has no verdict: {reason}"
    without_proof = [] if gateway is Gateway.G0 else [pair for pair in _pairs(run) if pair not in survived]
    if open_claim or not proofs or without_proof:
        why = open_claim or _lacking(without_proof)
        return GatewayResult(state=GatewayState.NOT_EVALUATED, why=why)
    return GatewayResult(state=GatewayState.HOLDS, why=f"{proofs} claims survived")


def _lacking(pairs: list[tuple[str, str]]) -> str:
    if not pairs:
        return "no claim of it was judged"
    return f"nothing proves it for {' on '.join(pairs[0])}"


def _pairs(run: RunRecord) -> list[tuple[str, str]]:
    """The planned formats and backends; a cell is written `format-backend-modality`."""
    parts = [cell.split("-") for cell in run.cells]
    return list(dict.fromkeys((part[0], part[1]) for part in parts))
