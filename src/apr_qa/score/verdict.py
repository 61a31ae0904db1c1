"""The status of a run and why, in one sentence that somebody understands who has never seen a score before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apr_qa.score.gateways import NAMES, GatewayResult
from apr_qa.score.grade import PROVISIONAL_FROM, standing
from apr_qa.score.tally import Tally
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.score import CategoryScore, GatewayState, Status
from apr_qa.vocab.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What may be said of the model, and why."""

    status: Status
    reason: str


Gateways = Mapping[Gateway, GatewayResult]
Categories = Mapping[Category, CategoryScore]


def decide(run: RunRecord, mqs: int, states: Gateways, scores: Categories, tally: Tally) -> Decision:
    """Return the status: what blocks comes first, then what is missing, then what the score earns."""
    if not any(_judged(score) for score in scores.values()):
        return Decision(
            status=Status.FAIL, reason=f"Nothing was judged, so nothing can be said: {_why_nothing(tally)}."
        )
    for gateway, result in states.items():
        if result.state is GatewayState.FELL:
            return Decision(
                status=Status.BLOCKED, reason=f"Gateway {gateway} ({NAMES[gateway]}) fell. {_sentence(result.why)}"
            )
    missing = next(_missing(run, states, scores, tally), "")
    if missing:
        return Decision(status=Status.PARTIAL, reason=f"No verdict, because evidence is missing: {missing}.")
    return _earned(run, mqs, scores, tally)


def _why_nothing(tally: Tally) -> str:
    first = next(((claim.id, reason) for claim, _, reason in tally.results()), None)
    return f"{first[0]} has no verdict, {first[1]}" if first else "the evidence holds no claims"


def _missing(run: RunRecord, states: Gateways, scores: Categories, tally: Tally) -> Iterator[str]:
    for claim, outcome, reason in tally.results():
        if claim.severity is Severity.P0 and outcome is Outcome.UNJUDGED:
            yield f"{claim.id} has no verdict, {reason}"
    for item in run.not_run:
        if item.required:
            yield f"tier {run.tier} requires {item.what}, which was not run ({item.reason})"
    for gateway, result in states.items():
        if result.state is GatewayState.NOT_EVALUATED:
            yield f"gateway {gateway} ({NAMES[gateway]}) was not evaluated, {result.why}"
    yield from (f"nothing was judged in category {c}" for c, score in scores.items() if not _judged(score))


def _earned(run: RunRecord, mqs: int, scores: Categories, tally: Tally) -> Decision:
    unjudged = [(claim.id, reason) for claim, outcome, reason in tally.results() if outcome is Outcome.UNJUDGED]
    best = Status.PROVISIONAL if unjudged or tally.decided_bad else run.best_status
    status = standing(mqs, certified_at=run.certified_at, best_status=best)
    survived = sum(score.corroborated for score in scores.values())
    judged = sum(_judged(score) for score in scores.values())
    claims = f"All gateways hold, {survived} of {judged} claims survived, {mqs} of 1000 points"
    if status is Status.CERTIFIED:
        return Decision(status=status, reason=f"{claims}.")
    if status is Status.BLOCKED:
        return Decision(
            status=status, reason=f"{claims}: at least {PROVISIONAL_FROM} are needed. {_losses(scores, tally)}"
        )
    if mqs < run.certified_at:
        return Decision(status=status, reason=f"{claims}: CERTIFIED takes {run.certified_at}. {_losses(scores, tally)}")
    if tally.decided_bad:
        why = "the plan's sequential test stopped the run because too many answers were wrong"
        return Decision(status=status, reason=f"{claims}, but {why}.")
    if unjudged:
        why = f"{len(unjudged)} planned claims have no verdict, the first is {unjudged[0][0]}: {unjudged[0][1]}"
        return Decision(status=status, reason=f"{claims}, but {why}.")
    return Decision(status=status, reason=f"{claims}, but tier {run.tier} proves no more than {status}.")


def _losses(scores: Categories, tally: Tally) -> str:
    taken = sum(crash + timeout for crash, timeout in tally.penalties.values())
    category, score = max(scores.items(), key=lambda item: item[1].maximum - item[1].points)
    if taken > score.maximum - score.points:
        return f"Most were lost to crashes and timeouts: {taken} points."
    return f"Most were lost in {category}, where {score.lost} of {_judged(score)} claims fell."


def _judged(score: CategoryScore) -> int:
    return score.corroborated + score.lost


def _sentence(clause: str) -> str:
    return clause if clause.endswith((".", "!", "?")) else f"{clause}."
