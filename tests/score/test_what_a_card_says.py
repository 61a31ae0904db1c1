"""Words and edges of a scorecard: what is shown, who is named first, and which side of a bound a value falls on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from record_builders import all_claims, claim, judged, observation, perfect, run_record, scenario, with_outcome

from apr_qa.errors import InputError
from apr_qa.score import gateways
from apr_qa.score.grade import normalised
from apr_qa.score.mqs import score, score_records
from apr_qa.score.tally import Tally
from apr_qa.vocab.axes import Category, Gateway
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.scenario import Purpose
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.sequential import STOPPED, SequentialRule
from apr_qa.vocab.verdict import Outcome, Verdict


def _tally(run, decided):
    tally = Tally()
    tally.take(run)
    for one in decided:
        tally.take(one)
    return tally


def test_the_curve_is_shown_with_two_digits():
    """A third digit would promise more than the score holds."""
    assert normalised(700) == 86.33


def test_what_was_stopped_before_is_no_judged_question():
    """A question that the plan's own rule left out does not count as judged; one that was merely skipped does."""
    asked = (scenario("m-0"), scenario("m-1"))
    claims = (claim("A@x", needs=("m-0",)), claim("B@x", needs=("m-1",)))
    run = run_record(claims=claims, scenarios=asked)

    def counted(second: Outcome, **detail: object) -> int:
        verdict = Verdict(outcome=second, reason="", detail=detail)
        return score(
            run, [judged(claims[0]), Judged(claim=replace(claims[0], id="C@x"), verdict=verdict)]
        ).matrix_judged

    assert counted(Outcome.SKIPPED, **{STOPPED: 1}) == 0
    assert counted(Outcome.SKIPPED) == 1
    assert counted(Outcome.CORROBORATED, **{STOPPED: 1}) == 1
    assert score(run, [judged(c) for c in claims]).matrix_judged == 2


def test_probes_are_not_matrix_questions():
    """Only what the playbook's matrix asks is counted."""
    asked = (scenario("p-0", purpose=Purpose.PROBE),)
    run = run_record(claims=(claim("A@x", needs=("p-0",)),), scenarios=asked)
    assert score(run, [judged(run.claims[0])]).matrix_judged == 0


def test_nothing_judged_names_the_first_claim_and_why():
    """Who has no verdict at all is told where to look; evidence without claims says so."""
    run = run_record(claims=all_claims())
    first = run.claims[0]
    card = score(run, [judged(first, Outcome.UNJUDGED, "the Hub was not reachable")])
    assert card.reason == (
        f"Nothing was judged, so nothing can be said: {first.id} has no verdict, the Hub was not reachable."
    )
    assert score(run_record(), []).reason.endswith("nothing can be said: the evidence holds no claims.")


@pytest.mark.parametrize(
    ("why", "ends"), [("it stopped.", "stopped."), ("really?", "really?"), ("garbage", "garbage.")]
)
def test_a_reason_ends_as_a_sentence(why, ends):
    """One mark at the end, whatever the gate wrote."""
    run, decided = perfect()
    card = score(run, with_outcome(decided, lambda c: c.gateway is Gateway.G4, Outcome.FALSIFIED, why))
    assert card.reason.endswith(ends)


def test_the_last_point_certifies():
    """A run that earns just what its tier takes is certified; its cap is then the reason, not its points."""
    run, decided = perfect(run_record(claims=all_claims(), certified_at=1000, best_status=Status.PROVISIONAL))
    assert score(run, decided).reason.endswith("but tier mvp proves no more than PROVISIONAL.")


def test_losses_that_are_equal_name_the_category():
    """Only when crashes and timeouts took more than any category are they blamed."""
    run, decided = perfect(run_record(claims=all_claims(10), certified_at=1000))
    fallen = with_outcome(decided, lambda c: c.id == "F-QUAL-000@model", Outcome.FALSIFIED)
    late = [observation(f"s{n}", Ending.TIMEOUT) for n in range(3)]
    assert "Most were lost in QUAL, where 1 of 10 claims fell." in score(run, fallen, late[:2]).reason
    assert "Most were lost to crashes and timeouts: 30 points." in score(run, fallen, late).reason


def test_a_gateway_that_holds_counts_its_proofs():
    """Two surviving claims are two proofs; the first claim without a verdict is named, with its reason."""
    claims = tuple(claim(f"G0-{n}@model", Category.COMP, Gateway.G0) for n in "ABC")
    run = run_record(claims=claims, cells=())
    held = gateways.evaluate(run, _tally(run, [judged(c) for c in claims]))[Gateway.G0]
    assert (held.state, held.why) == (GatewayState.HOLDS, "3 claims survived")
    decided = [judged(claims[0]), judged(claims[1], Outcome.UNJUDGED, "our bug"), judged(claims[2], Outcome.UNJUDGED)]
    opened = gateways.evaluate(run, _tally(run, decided))[Gateway.G0]
    assert (opened.state, opened.why) == (GatewayState.NOT_EVALUATED, "G0-B@model has no verdict: our bug")


def test_a_skipped_claim_is_no_open_question():
    """What did not apply neither proves a gateway nor keeps it open."""
    claims = tuple(claim(f"G0-{n}@model", Category.COMP, Gateway.G0) for n in "AB")
    run = run_record(claims=claims, cells=())
    skipped = [judged(claims[0]), judged(claims[1], Outcome.SKIPPED)]
    assert gateways.evaluate(run, _tally(run, skipped))[Gateway.G0].state is GatewayState.HOLDS
    none = gateways.evaluate(run, _tally(run, [judged(c, Outcome.SKIPPED) for c in claims]))[Gateway.G0]
    assert (none.state, none.why) == (GatewayState.NOT_EVALUATED, "no claim of it was judged")


def test_a_stream_without_a_run_says_what_to_do():
    """The remedy names the file that is wanted."""
    with pytest.raises(InputError) as caught:
        score_records([judged(claim())])
    assert caught.value.problem == "this evidence has no run record"
    assert caught.value.remedy == "Give the evidence.json of a run."


def test_looks_at_the_evidence_cost_certainty():
    """A run that was looked at five times proves less than one that was looked at once."""
    run, decided = perfect()
    rule = SequentialRule(minimum=1, bad=0.5, good=0.9, alpha=0.05, beta=0.05, looks=5)
    once, often = (score(replace(run, sequential=r), decided).lower_bound for r in (None, rule))
    assert often < once


def test_production_takes_gateways_that_hold():
    """All points without one gateway's record are not enough."""
    run, decided = perfect()
    assert score(run, decided).tier is run.tier
    card = score(run, [j for j in decided if j.claim.gateway is not Gateway.G4])
    assert (card.mqs, card.is_production_ready) == (1000, False)
