"""Model Qualification Score: evidence in, scorecard out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

from apr_qa.errors import InputError
from apr_qa.score import categories, gateways, verdict
from apr_qa.score.grade import FORMULA, PRODUCTION_FROM, QUALIFIES_FROM, grade, normalised
from apr_qa.score.tally import Tally
from apr_qa.stats.bound import lower_bound
from apr_qa.vocab.axes import Category
from apr_qa.vocab.evidence import Judged, Record, RunRecord
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.score import CategoryScore, GatewayState, Scorecard, Status
from apr_qa.vocab.verdict import Outcome

_ROUNDING = 1e-9
"""Points are rounded down to a whole score; this keeps a sum of fractions that is exactly 850 from being 849."""


def score(run: RunRecord, judged: Iterable[Judged], observations: Iterable[Observation] = ()) -> Scorecard:
    """Return what the evidence of one run is worth. The stored verdicts count; nothing is judged again.

    `run` brings the plan: a planned claim without a verdict is unjudged, never a pass.
    """
    return score_records(itertools.chain([run], observations, judged))


def score_records(records: Iterable[Record]) -> Scorecard:
    """Return the same from a stream of records, in one pass and with memory for the claims only.

    Raises InputError when the stream has no run record.
    """
    tally = Tally()
    run: RunRecord | None = None
    for record in records:
        if isinstance(record, RunRecord):
            run = record
        tally.take(record)
    if run is None:
        raise InputError("this evidence has no run record", remedy="Give the evidence.json of a run.")
    return _card(run, tally)


def _card(run: RunRecord, tally: Tally) -> Scorecard:
    states = gateways.evaluate(run, tally)
    scores = categories.points(tally)
    penalties = _penalties(tally)
    before = _before_gateways(scores, penalties)
    fell = any(result.state is GatewayState.FELL for result in states.values())
    mqs = 0 if fell else before
    shown = normalised(mqs)
    decision = verdict.decide(run, mqs, states, scores, tally)
    holding = all(result.state is GatewayState.HOLDS for result in states.values())
    qualified = holding and decision.status is not Status.BLOCKED
    outcomes = tally.outcomes()
    judged = sum(number for outcome, number in outcomes.items() if outcome.is_judged)
    return Scorecard(
        formula=FORMULA,
        tier=run.tier,
        status=decision.status,
        reason=decision.reason,
        mqs=mqs,
        before_gateways=before,
        normalised=shown,
        grade=grade(shown),
        qualifies=qualified and shown >= QUALIFIES_FROM,
        is_production_ready=qualified and shown >= PRODUCTION_FROM,
        gateways={gateway: result.state for gateway, result in states.items()},
        categories=scores,
        penalties=penalties,
        judged=judged,
        corroborated=outcomes[Outcome.CORROBORATED],
        lower_bound=lower_bound(outcomes[Outcome.CORROBORATED], judged, run.sequential.looks if run.sequential else 1),
        outcomes={outcome.value: outcomes[outcome] for outcome in Outcome},
        matrix_judged=tally.matrix_judged(),
    )


def _penalties(tally: Tally) -> dict[str, int]:
    taken = tally.penalties.values()
    return {"crash": sum(crash for crash, _ in taken), "timeout": sum(timeout for _, timeout in taken)}


def _before_gateways(scores: Mapping[Category, CategoryScore], penalties: Mapping[str, int]) -> int:
    total = math.fsum(category.points for category in scores.values()) - sum(penalties.values())
    return max(0, math.floor(total + _ROUNDING))
