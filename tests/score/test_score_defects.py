"""Defects of the original that must not come back, each by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from record_builders import (
    all_claims,
    claim,
    judged,
    perfect,
    run_record,
    with_outcome,
)

from apr_qa.score.mqs import score
from apr_qa.vocab.axes import Category, Gateway, Tier
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.verdict import Outcome


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
