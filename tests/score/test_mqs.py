"""Status, points and penalties."""

from __future__ import annotations

from dataclasses import replace

import pytest
from record_builders import (
    all_claims,
    category_claims,
    claim,
    judged,
    observation,
    perfect,
    run_record,
    scenario,
    with_outcome,
)

from apr_qa.score.mqs import score
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome, Verdict


def test_a_perfect_run_is_certified():
    """Every claim survived: 1000 points, A+, production ready, with n and the bound beside it."""
    run, decided = perfect()
    card = score(run, decided)
    assert (card.mqs, card.normalised, card.grade, card.status) == (1000, 100.0, "A+", Status.CERTIFIED)
    assert card.qualifies
    assert card.is_production_ready
    assert (card.judged, card.corroborated, card.lower_bound) == (17, 17, 0.8384)
    assert card.reason == "All gateways hold, 17 of 17 claims survived, 1000 of 1000 points."
    assert card.formula == "mqs-1"


@pytest.mark.parametrize("severity", [Severity.P0])
@pytest.mark.parametrize("how", ["unjudged", "missing"])
def test_p0_without_a_verdict_is_partial(severity, how):
    """P0 evidence that is missing or unjudged leaves no verdict; the score is shown nevertheless."""
    extra = claim("F-P0@model", severity=severity)
    run, decided = perfect(run_record(claims=(*all_claims(), extra)))
    decided = decided[:-1] if how == "missing" else with_outcome(decided, lambda c: c == extra, Outcome.UNJUDGED)
    card = score(run, decided)
    assert (card.mqs, card.status) == (1000, Status.PARTIAL)
    assert card.outcomes["unjudged"] == 1
    assert "F-P0@model has no verdict" in card.reason


def test_a_lesser_claim_without_a_verdict_blocks_a_full_verdict():
    """What is not P0 may be unjudged without making the run PARTIAL, but then it is not CERTIFIED."""
    run, decided = perfect()
    card = score(run, with_outcome(decided, lambda c: c.id == "F-QUAL-000@model", Outcome.UNJUDGED, "our bug"))
    assert (card.mqs, card.status) == (1000, Status.PROVISIONAL)
    assert card.reason.endswith("1 planned claims have no verdict, the first is F-QUAL-000@model: our bug.")


@pytest.mark.parametrize(("required", "status"), [(True, Status.PARTIAL), (False, Status.CERTIFIED)])
def test_what_the_tier_requires_and_was_not_run_is_partial(required, status):
    """A required cell that could not be run leaves no verdict; one the user left out does not matter."""
    left_out = (NotRun(what="gguf-gpu-run", reason="no GPU", required=required),)
    run, decided = perfect(run_record(claims=all_claims(), not_run=left_out))
    card = score(run, decided)
    assert card.status is status
    assert ("gguf-gpu-run" in card.reason) is required


def test_a_fallen_gateway_blocks_even_when_evidence_is_missing():
    """One counter-example is enough; nothing that is still missing could save the model."""
    run, decided = perfect(run_record(claims=(*all_claims(), claim("F-P0@model", severity=Severity.P0))))
    card = score(run, with_outcome(decided[:-1], lambda c: c.gateway is Gateway.G4, Outcome.FALSIFIED, "garbage!"))
    assert card.status is Status.BLOCKED
    assert card.before_gateways > 0
    assert card.reason.endswith("garbage!")


def test_few_points_block():
    """Fewer than 700 points block, and the reason says where they were lost."""
    run, decided = perfect()
    lost = (Category.QUAL, Category.PERF, Category.EDGE)
    decided = with_outcome(decided, lambda c: c.gateway is None and c.category in lost, Outcome.FALSIFIED)
    card = score(run, decided)
    assert (card.mqs, card.status) == (500, Status.BLOCKED)
    assert not card.qualifies
    assert "at least 700 are needed" in card.reason
    assert "Most were lost in QUAL, where 2 of 2 claims fell." in card.reason


@pytest.mark.parametrize(("certified_at", "status"), [(850, Status.CERTIFIED), (900, Status.PROVISIONAL)])
def test_the_tier_says_from_where_a_model_is_certified(certified_at, status):
    """850 points certify at most tiers; tier deep takes 900."""
    run, decided = perfect(run_record(claims=all_claims(), certified_at=certified_at))
    card = score(run, with_outcome(decided, lambda c: c.category is Category.REGR, Outcome.FALSIFIED))
    assert (card.mqs, card.status) == (850, status)
    assert (f"CERTIFIED takes {certified_at}" in card.reason) is (status is Status.PROVISIONAL)


@pytest.mark.parametrize(
    ("seen", "penalties", "mqs"),
    [
        (observation("a", Ending.ANSWERED, attempts=2, first_ending=Ending.CRASHED), {"crash": 20, "timeout": 0}, 980),
        (observation("a", Ending.CRASHED, attempts=2, first_ending=Ending.CRASHED), {"crash": 0, "timeout": 0}, 1000),
        (observation("a", Ending.TIMEOUT), {"crash": 0, "timeout": 10}, 990),
        (observation("a", Ending.TIMEOUT, first_ending=Ending.CRASHED), {"crash": 20, "timeout": 10}, 970),
        (observation("a"), {"crash": 0, "timeout": 0}, 1000),
    ],
)
def test_penalties(seen, penalties, mqs):
    """20 points for a crash that did not repeat (a repeated one is G3's), 10 for a timeout."""
    run, decided = perfect()
    card = score(run, decided, [seen])
    assert (dict(card.penalties), card.mqs) == (penalties, mqs)


def test_penalties_are_named_when_they_cost_most():
    """The reason does not blame a category for points that timeouts took."""
    run, decided = perfect()
    card = score(run, decided, [observation(f"s{n}", Ending.TIMEOUT) for n in range(16)])
    assert (card.mqs, card.status) == (840, Status.PROVISIONAL)
    assert card.reason.endswith("Most were lost to crashes and timeouts: 160 points.")


def test_penalties_never_go_below_zero():
    """A thousand timeouts leave 0 points, not fewer."""
    run, decided = perfect()
    assert score(run, decided, [observation(f"s{n}", Ending.TIMEOUT) for n in range(200)]).mqs == 0


def test_the_judges_own_eye_costs_the_model_nothing():
    """A timeout of the reference engine is no fault of the model or of the engine on trial."""
    eye = scenario("reference-000", engine="reference")
    run, decided = perfect(run_record(claims=all_claims(), scenarios=(eye,)))
    assert score(run, decided, [observation(eye.id, Ending.TIMEOUT)]).mqs == 1000


def test_the_later_record_stands():
    """A question asked again after a resume, or a claim judged again, counts once and as it ended last."""
    run, decided = perfect()
    again = [judged(decided[-1].claim, Outcome.FALSIFIED), *decided]
    card = score(run, again, [observation("a", Ending.TIMEOUT), observation("a")])
    assert (card.mqs, card.judged) == (1000, 17)


def test_the_plan_decides_on_weight():
    """A verdict that names another weight than the plan's does not change what the claim counts."""
    run, decided = perfect()
    heavier = replace(decided[-1].claim, weight=1000.0)
    fallen = with_outcome(decided, lambda c: c == run.claims[-2], Outcome.FALSIFIED)[:-1]
    assert score(run, [*fallen, judged(heavier)]).categories[Category.REGR].points == 75


def test_weights_share_the_points():
    """A claim of weight 3 beside one of weight 1 carries three quarters of the category."""
    light, heavy = claim("F-L@model", weight=1.0), claim("F-H@model", weight=3.0)
    card = score(run_record(), [judged(light, Outcome.FALSIFIED), judged(heavy)])
    assert card.categories[Category.QUAL].points == 150


def test_thirds_add_up():
    """Fractions that sum to a whole number of points give that number."""
    names = [(c, n) for c in (Category.PERF, Category.COMP, Category.EDGE) for n in range(3)]
    decided = [
        judged(claim(f"F-{c}-{n}@model", c), Outcome.CORROBORATED if n == 0 else Outcome.FALSIFIED) for c, n in names
    ]
    assert score(run_record(), decided).mqs == 150


def test_matrix_scenarios_are_counted_apart_from_probes():
    """The template's number counts matrix scenarios that a judged claim rests on, each once."""
    asked = [scenario("m-0"), scenario("m-1"), scenario("p-0", purpose="probe")]
    claims = (claim("A@x", needs=("m-0", "p-0")), claim("B@x", needs=("m-0",)), claim("C@x", needs=("m-1",)))
    run = run_record(claims=claims, scenarios=tuple(asked))
    card = score(run, [judged(claims[0]), judged(claims[1]), judged(claims[2], Outcome.UNJUDGED)])
    assert card.matrix_judged == 1


def test_categories_say_what_they_rest_on():
    """Every category publishes how many claims survived, fell, were skipped or have no verdict."""
    names = category_claims(5)
    qual = [c for c in names if c.category is Category.QUAL]
    outcomes = [Outcome.CORROBORATED, Outcome.TIMEOUT, Outcome.CRASHED, Outcome.SKIPPED, Outcome.UNJUDGED]
    decided = [Judged(claim=c, verdict=Verdict(outcome=o, reason="")) for c, o in zip(qual, outcomes, strict=True)]
    found = score(run_record(claims=names), decided).categories[Category.QUAL]
    assert (found.corroborated, found.lost, found.skipped, found.unjudged) == (1, 2, 1, 1)
