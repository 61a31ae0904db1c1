"""Intervals, fences and paired comparisons: against other people's programs, and where they must say nothing."""

from __future__ import annotations

import random
import statistics
import tracemalloc

import numpy as np
import pytest
from scipy.stats import binomtest, ks_2samp

from apr_qa.stats.bound import lower_bound
from apr_qa.stats.fence import lower_fence
from apr_qa.stats.paired import mcnemar
from apr_qa.stats.resampling import _medians, median_interval, ratio_interval


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (1, 0), (5, 5), (18, 0), (0, 18), (30, 12), (400, 500)])
def test_mcnemar_is_the_exact_test(lost, won):
    """Equal to the binomial test of one half."""
    expected = float(binomtest(lost, lost + won, 0.5).pvalue) if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(expected, rel=1e-9)


def test_a_run_that_may_stop_at_many_looks_proves_less():
    """Eighteen of eighteen prove 84.7 % at one look, 74.4 % at ten: the doubt is shared out."""
    assert lower_bound(18, 18) == 0.8466
    assert lower_bound(18, 18, looks=10) == 0.745
    assert lower_bound(17, 18, looks=10) < lower_bound(17, 18)


def test_the_bound_holds_for_whoever_stops_when_it_looks_best():
    """A rate of 0.9, looked at ten times, the best bound taken: it is above the truth in at most 5 % of runs."""
    rng = random.Random(3)
    wrong = 0
    for _ in range(400):
        survived, best = 0, 0.0
        for look in range(1, 11):
            survived += sum(rng.random() < 0.9 for _ in range(10))
            best = max(best, lower_bound(survived, 10 * look, looks=10))
        wrong += best > 0.9
    assert wrong / 400 <= 0.05


def test_the_interval_of_a_median_holds_the_median_in_most_samples():
    """In at least 88 % of 200 samples of 25: the percentile bootstrap is a little short for small samples."""
    rng = random.Random(5)
    held = 0
    for _ in range(200):
        low, high = median_interval([rng.gauss(50, 4) for _ in range(25)])
        held += low <= 50 <= high
    assert held / 200 >= 0.88


@pytest.mark.parametrize("n", [5, 6, 25, 40])
def test_medians_come_from_the_distribution_that_resampling_draws_from(n):
    """Two thousand of each kind, told apart at the 0.1 % level by no Kolmogorov-Smirnov test; a shifted one is."""
    rng = random.Random(n)
    figures = [rng.gauss(50, 4) for _ in range(n)]
    resampled = [statistics.median(rng.choices(figures, k=n)) for _ in range(2000)]
    assert ks_2samp(_medians(figures, 1), resampled).pvalue > 0.001
    assert ks_2samp(_medians([f + 1 for f in figures], 1), resampled).pvalue < 0.001


def test_a_million_figures_are_bounded_as_the_order_statistics_of_their_median_are():
    """Ends near ranks n/2 -+ 1.96 sqrt(n)/2, and memory for a few copies of the figures, not thousands."""
    n = 1_000_000
    figures = np.random.default_rng(7).permutation(n) + 0.0
    tracemalloc.start()
    try:
        low, high = median_interval(figures)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert low == pytest.approx(n / 2 - 0.98 * n**0.5, abs=0.1 * n**0.5)
    assert high == pytest.approx(n / 2 + 0.98 * n**0.5, abs=0.1 * n**0.5)
    assert peak < 4 * figures.nbytes


def test_too_few_figures_have_no_interval():
    """Four answers on either side say nothing."""
    assert median_interval([1.0] * 4) is None
    assert ratio_interval([1.0] * 4, [1.0] * 9) is None
    assert ratio_interval([1.0] * 9, [1.0] * 4) is None
    assert median_interval([3.0] * 5) == (3.0, 3.0)


def test_the_order_of_figures_does_not_matter():
    """Answers come in any order; the interval stays."""
    figures = [51.0, 48.5, 50.1, 49.9, 47.2, 52.3]
    assert median_interval(figures) == median_interval(sorted(figures))


def test_the_fence_is_out_of_reach_of_ordinary_days():
    """Four days at least; then a figure has to lie far below the quartiles."""
    assert lower_fence([50, 51, 49]) is None
    assert lower_fence([50, 51, 49, 50]) == pytest.approx(49.75 - 1.5 * 0.5)
    assert lower_fence([50.0] * 8) == 50
