"""What evidence is worth: the laws of the score, and the defects of the original that must not come back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import all_claims, category_claims, claim, judged, observation, run_record, scenario

from apr_qa.errors import InputError
from apr_qa.score.mqs import score, score_records
from apr_qa.vocab.axes import Category, Gateway, Severity, Tier
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.verdict import Outcome, Verdict

LOST = (Outcome.FALSIFIED, Outcome.TIMEOUT, Outcome.CRASHED)


def perfect(run=None):
    """A run in which every planned claim survived."""
    run = run or run_record(claims=all_claims())
    return run, [judged(c) for c in run.claims]


def with_outcome(decided, which, outcome, reason="because"):
    return [judged(j.claim, outcome, reason) if which(j.claim) else j for j in decided]


# --- laws ----------------------------------------------------------------------------------------------------------

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


# --- the original's defects ----------------------------------------------------------------------------------------


def test_d5_empty_evidence_scores_nothing():
    """D-5: empty evidence got 1000 and A+; here it gets 0, F and no verdict."""
    card = score(run_record(), [])
    assert (card.mqs, card.grade, card.status) == (0, "F", Status.FAIL)
    assert card.lower_bound is None
    assert set(card.gateways.values()) == {GatewayState.NOT_EVALUATED}
    assert "Nothing was judged" in card.reason


def test_d5_an_empty_category_earns_nothing():
    """D-5: a category without judged claims got all its points; here none, and the run is PARTIAL."""
    run, decided = perfect()
    decided = [j for j in decided if j.claim.category is not Category.EDGE]
    card = score(replace(run, claims=tuple(j.claim for j in decided)), decided)
    assert card.categories[Category.EDGE].points == 0
    assert card.mqs == 850
    assert card.status is Status.PARTIAL
    assert "category EDGE" in card.reason


def test_d5_a_failed_download_is_not_800_points():
    """D-5: five models that could not be fetched scored 800; an unjudged G0 gives no verdict."""
    run = run_record(claims=all_claims())
    card = score(run, [judged(run.claims[0], Outcome.UNJUDGED, "the Hub was not reachable")])
    assert (card.mqs, card.status) == (0, Status.FAIL)


def test_d5_any_integrity_gate_counts_for_g0():
    """D-5: only ids with one prefix counted for G0; here the claim says its gateway itself."""
    run, decided = perfect()
    broken = judged(claim("G0-VALIDATE-001@model", Category.STAB, Gateway.G0), Outcome.FALSIFIED, "NaN in weights")
    card = score(run, [*decided, broken])
    assert card.gateways[Gateway.G0] is GatewayState.FELL
    assert card.reason == "Gateway G0 (integrity) fell. G0-VALIDATE-001@model: NaN in weights."


def test_d6_smoke_is_never_certified():
    """D-6: three CPU prompts at tier smoke gave CERTIFIED; the tier caps the claim at PROVISIONAL."""
    run, decided = perfect(run_record(claims=all_claims(), tier=Tier.SMOKE, best_status=Status.PROVISIONAL))
    card = score(run, decided)
    assert (card.mqs, card.status) == (1000, Status.PROVISIONAL)
    assert "tier smoke proves no more than PROVISIONAL" in card.reason


def test_d6_evidence_that_names_no_cap_is_not_certified():
    """A run record that does not carry its tier's cap is held to the strictest one."""
    kept = {f: getattr(run_record(), f) for f in ("plan_digest", "playbook", "playbook_digest", "model", "revision")}
    bare = type(run_record())(
        **kept, tier=Tier.MVP, seed=1, started_at="", apr_qa_version="", score_formula="", claims=all_claims()
    )
    assert (bare.best_status, bare.certified_at) == (Status.PROVISIONAL, 900)


@pytest.mark.parametrize("gateway", Gateway)
def test_d7_gateways_have_their_own_names(gateway):
    """D-7: the registry's g1..g4 were G0..G3; every gateway falls under its own name and no other."""
    run, decided = perfect()
    card = score(run, with_outcome(decided, lambda c: c.gateway is gateway, Outcome.FALSIFIED))
    assert [g for g, state in card.gateways.items() if state is GatewayState.FELL] == [gateway]


@pytest.mark.parametrize("gateway", Gateway)
def test_d13_a_gateway_without_its_record_is_not_evaluated(gateway):
    """D-13: gateways passed by absence of evidence; here they are `not evaluated` and the run is PARTIAL."""
    run, decided = perfect()
    decided = [j for j in decided if j.claim.gateway is not gateway]
    card = score(replace(run, claims=tuple(j.claim for j in decided)), decided)
    assert card.gateways[gateway] is GatewayState.NOT_EVALUATED
    assert card.status is Status.PARTIAL
    assert f"gateway {gateway}" in card.reason
    assert not card.qualifies


def test_d13_every_planned_format_and_backend_needs_its_own_record():
    """A gateway that is proved for one format says nothing about another that was planned."""
    run, decided = perfect(run_record(claims=all_claims(), cells=("safetensors-cpu-run", "gguf-cpu-run")))
    card = score(run, decided)
    assert card.gateways[Gateway.G0] is GatewayState.HOLDS
    assert card.gateways[Gateway.G1] is GatewayState.NOT_EVALUATED
    assert "nothing proves it for gguf on cpu" in card.reason


def test_d14_skipped_claims_earn_nothing():
    """D-14: skipped counted as passed and gave 1000 points; here skipping everything gives none."""
    run, decided = perfect()
    card = score(run, with_outcome(decided, lambda _: True, Outcome.SKIPPED, "no such backend"))
    assert (card.mqs, card.status) == (0, Status.FAIL)
    assert card.outcomes["skipped"] == len(decided)


def test_d14_one_skipped_claim_neither_earns_nor_costs():
    """A claim that was found not to apply is shown and leaves the score alone."""
    run, decided = perfect()
    card = score(run, with_outcome(decided, lambda c: c.id == "F-QUAL-000@model", Outcome.SKIPPED))
    assert (card.mqs, card.status) == (1000, Status.CERTIFIED)
    assert card.categories[Category.QUAL].skipped == 1


# --- status --------------------------------------------------------------------------------------------------------


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


# --- points and penalties ------------------------------------------------------------------------------------------


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
