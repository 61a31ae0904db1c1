"""The sequential test: its decisions, and the errors that it really makes."""

from __future__ import annotations

import random

import pytest

from apr_qa.catalog.tiers import tiers
from apr_qa.stats.sequential import Decision, RateTest
from apr_qa.vocab.axes import Tier

RULES = [rule for spec in tiers().values() if (rule := spec.sequential)]
RUNS = 4000


def the_test(rule):
    return RateTest(bad=rule.bad, good=rule.good, alpha=rule.alpha, beta=rule.beta)


def ends(test, rate, rng):
    """The decision over one model whose questions survive at `rate`, looking after each of them."""
    survived = lost = 0
    while (decision := test.decide(survived, lost)) is Decision.OPEN:
        alive = rng.random() < rate
        survived, lost = survived + alive, lost + (not alive)
    return decision


def test_only_the_heavy_tiers_may_stop_early():
    """And never on less than the tier below asks in whole."""
    assert [tier for tier, spec in tiers().items() if spec.sequential] == [Tier.STANDARD, Tier.DEEP]
    for heavy, light in ((Tier.STANDARD, Tier.QUICK), (Tier.DEEP, Tier.STANDARD)):
        rule = tiers()[heavy].sequential
        assert rule.minimum >= tiers()[light].scenario_count


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_enough_survivors_decide_for_good_and_losses_for_bad(rule):
    """A few of either decide nothing."""
    test = the_test(rule)
    assert test.decide(0, 0) is test.decide(5, 0) is test.decide(5, 1) is Decision.OPEN
    assert test.decide(60, 0) is Decision.GOOD
    assert test.decide(10, 10) is Decision.BAD


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_both_errors_stay_within_what_is_stated(rule):
    """Over 4000 made-up models at each of the two rates; a share of 0.053 may vary by 0.011 (three sigma)."""
    test, rng = the_test(rule), random.Random(7)
    false_good, false_bad = test.error_bounds
    for rate, wrong, bound in ((rule.bad, Decision.GOOD, false_good), (rule.good, Decision.BAD, false_bad)):
        seen = sum(ends(test, rate, rng) is wrong for _ in range(RUNS)) / RUNS
        assert seen <= bound + 0.011


def test_the_stated_errors_are_those_of_wald():
    """0.05 / 0.95 each: a little over what was asked for, because a look may overstep the line."""
    assert the_test(RULES[0]).error_bounds == pytest.approx((0.0526, 0.0526), abs=1e-4)
