"""The one table, boundary by boundary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.score.grade import GRADES, MAXIMA, grade, normalised, standing
from apr_qa.stats.bound import lower_bound
from apr_qa.vocab.axes import Category
from apr_qa.vocab.score import Status

RAW_NEEDED = [
    (926, "A+"),
    (835, "A"),
    (772, "A-"),
    (713, "B+"),
    (641, "B"),
    (590, "B-"),
    (544, "C+"),
    (486, "C"),
    (446, "C-"),
    (409, "D+"),
    (363, "D"),
    (332, "D-"),
]


@pytest.mark.parametrize(("bound", "letter"), GRADES)
def test_a_grade_starts_at_its_bound(bound, letter):
    """The bound itself earns the grade, a hundredth less does not."""
    assert grade(bound) == letter
    assert grade(bound - 0.01) != letter


@pytest.mark.parametrize(("raw", "letter"), RAW_NEEDED)
def test_the_raw_score_that_a_grade_takes(raw, letter):
    """The curve turns these raw scores, and no lower ones, into these grades."""
    assert grade(normalised(raw)) == letter
    assert grade(normalised(raw - 1)) != letter


def test_below_the_table_it_is_f():
    """Under 60 there is no letter left but F."""
    assert grade(59.99) == "F"
    assert (normalised(0), normalised(1000)) == (0.0, 100.0)


@given(st.integers(0, 999))
def test_more_points_never_get_a_worse_grade(raw):
    """The curve never falls."""
    assert normalised(raw) <= normalised(raw + 1)


def test_the_six_maxima_are_the_whole_score():
    """Every category has its maximum, and together they are 1000."""
    assert set(MAXIMA) == set(Category)
    assert sum(MAXIMA.values()) == 1000


@pytest.mark.parametrize(
    ("raw", "certified_at", "best", "status"),
    [
        (0, 850, Status.CERTIFIED, Status.BLOCKED),
        (699, 850, Status.CERTIFIED, Status.BLOCKED),
        (700, 850, Status.CERTIFIED, Status.PROVISIONAL),
        (849, 850, Status.CERTIFIED, Status.PROVISIONAL),
        (850, 850, Status.CERTIFIED, Status.CERTIFIED),
        (899, 900, Status.CERTIFIED, Status.PROVISIONAL),
        (900, 900, Status.CERTIFIED, Status.CERTIFIED),
        (1000, 850, Status.PROVISIONAL, Status.PROVISIONAL),
        (699, 850, Status.PROVISIONAL, Status.BLOCKED),
        (690, 600, Status.CERTIFIED, Status.BLOCKED),
    ],
)
def test_status_on_the_raw_score(raw, certified_at, best, status):
    """BLOCKED under 700, PROVISIONAL up to the tier's bar, CERTIFIED from it, and never more than the tier's cap."""
    assert standing(raw, certified_at=certified_at, best_status=best) is status


@pytest.mark.parametrize(
    ("passed", "judged", "bound"),
    [(18, 18, 0.8466), (17, 18, 0.7623), (0, 18, 0.0), (1, 1, 0.05), (46, 46, 0.9369), (1799, 1800, 0.9973)],
)
def test_how_much_a_pass_rate_proves(passed, judged, bound):
    """The exact one-sided 95 % bound, rounded down: 18 of 18 prove 84.7 %."""
    assert lower_bound(passed, judged) == pytest.approx(bound, abs=1e-4)


def test_nothing_judged_proves_nothing():
    """Without a judged claim there is no bound at all."""
    assert lower_bound(0, 0) is None


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bound_is_a_bound(counts):
    """It lies under the rate that was seen, and one more success raises it."""
    passed, judged = counts
    bound = lower_bound(passed, judged)
    assert 0 <= bound <= passed / judged
    assert bound <= lower_bound(passed + 1, judged + 1)


def test_the_bound_agrees_with_its_definition():
    """At the bound, the chance to see as many successes or more is one in twenty."""
    from scipy.stats import binom

    bound = lower_bound(15, 20)
    assert binom.sf(14, 20, bound) == pytest.approx(0.05, abs=1e-3)
