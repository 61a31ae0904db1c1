"""The laws of the score, for whatever evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import (
    claim,
    judged,
    observation,
    run_record,
    scenario,
)

from apr_qa.errors import InputError
from apr_qa.score.mqs import score, score_records
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.verdict import Outcome

LOST = (Outcome.FALSIFIED, Outcome.TIMEOUT, Outcome.CRASHED)

gates = st.builds(
    lambda n, category, gateway, severity, weight: claim(
        f"F-{n}@model", category, gateway, severity=severity, weight=weight
    ),
    st.integers(0, 40),
    st.sampled_from(Category),
    st.sampled_from([None, None, None, *Gateway]),
    st.sampled_from(Severity),
    st.floats(0, 100, allow_nan=False),
)
decisions = st.lists(st.builds(judged, gates, st.sampled_from(Outcome)), max_size=30, unique_by=lambda j: j.claim.id)
without_gateway = st.lists(
    st.builds(judged, gates.filter(lambda c: c.gateway is None), st.sampled_from(Outcome)),
    max_size=30,
    unique_by=lambda j: j.claim.id,
)
endings = st.lists(
    st.builds(
        lambda n, ending, first: observation(f"s{n}", ending, first_ending=first, attempts=2 if first else 1),
        st.integers(0, 20),
        st.sampled_from(Ending),
        st.sampled_from([None, *Ending]),
    ),
    max_size=20,
)


@given(decisions, endings)
def test_the_score_lies_between_0_and_1000(decided, seen):
    """Whatever the evidence, both raw scores stay in 0..1000 and the normalised one in 0..100."""
    card = score(run_record(), decided, seen)
    assert 0 <= card.mqs <= card.before_gateways <= 1000
    assert 0 <= card.normalised <= 100
    assert all(0 <= c.points <= c.maximum for c in card.categories.values())


@given(decisions, st.sampled_from(Category), st.floats(0, 100), st.sampled_from(LOST))
def test_one_more_falsified_gate_never_raises_the_score(decided, category, weight, outcome):
    """Adding a claim that did not survive leaves the score where it is, or lowers it."""
    more = [*decided, judged(claim("F-MORE@model", category, weight=weight), outcome)]
    before, after = score(run_record(), decided), score(run_record(), more)
    assert after.mqs <= before.mqs
    assert after.before_gateways <= before.before_gateways


@given(without_gateway, st.data())
def test_a_claim_that_falls_never_raises_the_score(decided, data):
    """Turning a surviving claim into a lost one leaves the score where it is, or lowers it."""
    survivors = [n for n, j in enumerate(decided) if j.verdict.outcome is Outcome.CORROBORATED]
    if not survivors:
        return
    chosen = data.draw(st.sampled_from(survivors))
    fallen = [judged(j.claim, Outcome.FALSIFIED) if n == chosen else j for n, j in enumerate(decided)]
    assert score(run_record(), fallen).mqs <= score(run_record(), decided).mqs


@given(decisions, st.sampled_from(Gateway), st.sampled_from(LOST))
def test_any_fallen_gateway_gives_zero(decided, gateway, outcome):
    """A gateway that fell zeroes score, grade and qualification, whatever else was found."""
    fallen = judged(claim("F-FALL@model", gateway=gateway), outcome)
    card = score(run_record(), [*decided, fallen])
    assert (card.mqs, card.normalised, card.grade) == (0, 0.0, "F")
    assert card.status is Status.BLOCKED
    assert card.gateways[gateway] is GatewayState.FELL
    assert not card.qualifies
    assert not card.is_production_ready


@given(decisions, endings)
def test_a_stream_scores_like_the_whole(decided, seen):
    """One pass over records gives the same scorecard as the evidence in memory."""
    run = run_record(claims=tuple(j.claim for j in decided), scenarios=(scenario(),))
    slim = replace(run, claims=(), scenarios=())
    stream = [slim, *run.scenarios, *run.claims, "a note", *seen, *decided]
    assert score_records(stream) == score(run, decided, seen)


def test_a_stream_without_a_run_is_refused():
    """Records that belong to no run are an input error, not a score."""
    with pytest.raises(InputError, match="no run record"):
        score_records([judged(claim())])
