"""Figures of a comparison: right by hand, the same whatever the chunks, and honest about ties and broken values."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.truth import figures
from apr_qa.truth.figures import Figures, Tally, log_softmax, perplexity_ratio


def compared(truth: list[list[float]], other: list[list[float]], ids: list[int]) -> Figures:
    tally = Tally()
    tally.add("prose", ids, np.array(truth, dtype=np.float32), np.array(other, dtype=np.float32))
    return tally.figures()


def test_a_divergence_computed_by_hand() -> None:
    """Two outcomes at one half against one quarter and three quarters, at both positions."""
    even, skewed = [0.0, 0.0], [math.log(0.25), math.log(0.75)]
    found = compared([even, even], [skewed, skewed], [1, 1])
    assert found.kld_mean == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3), rel=1e-5)
    assert found.delta_p_rms == pytest.approx(0.25, rel=1e-5)
    assert found.ppl_ratio == pytest.approx(2 / 3, rel=1e-5)
    assert found.max_dlogp == pytest.approx(math.log(2), rel=1e-5)


def test_equal_logits_differ_in_nothing() -> None:
    """A constant added to all logits of a position changes nothing."""
    draw = np.random.default_rng(1).normal(size=(5, 7)).tolist()
    moved = [[value + 3 for value in row] for row in draw]
    found = compared(draw, moved, [0, 1, 2, 3, 4])
    assert found.kld_mean < 1e-12
    assert found.top1 == 1.0
    assert found.root_law is None
    assert found.tail is None
    json.dumps(found.detail(), allow_nan=False)


def test_tied_tokens_count_as_the_same() -> None:
    """Preferring the other of two tokens that are tied in the truth is no disagreement; of two that are not, it is."""
    tied = compared([[1.0, 1.00001, 0.0]], [[1.1, 1.0, 0.0]], [0])
    assert (tied.top1, tied.ties) == (1.0, 1)
    apart = compared([[1.0, 1.5, 0.0]], [[1.6, 1.5, 0.0]], [0])
    assert (apart.top1, apart.ties) == (0.0, 0)


def test_values_that_are_no_numbers_are_counted() -> None:
    """One broken position is told apart from the rest; when all are broken no figure pretends to be one."""
    some = compared([[0.0, 1.0]] * 3, [[0.0, 1.0], [0.0, math.nan], [0.0, 1.0]], [0, 1, 0])
    assert (some.broken, some.positions, some.kld_mean) == (1, 3, 0.0)
    assert some.top1 == pytest.approx(2 / 3)
    every = compared([[0.0, 1.0]], [[math.inf, 0.0]], [0])
    assert every.broken == 1
    assert every.detail()["kld_mean"] is None


@given(st.integers(0, 2**16), st.integers(1, 40))
def test_chunks_change_nothing(seed: int, elements: int) -> None:
    """However few positions are compared at once, the figures are the same."""
    draw = np.random.default_rng(seed)
    truth, other = (draw.normal(size=(9, 8)).astype(np.float32) for _ in range(2))
    ids = draw.integers(0, 8, 9).tolist()
    results = []
    for size in (figures.CHUNK_ELEMENTS, elements):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(figures, "CHUNK_ELEMENTS", size)
            tally = Tally()
            tally.add("code", ids, truth, other)
            results.append(tally.figures())
    assert results[0].kld_mean == pytest.approx(results[1].kld_mean)
    assert results[0].ppl_ratio == pytest.approx(results[1].ppl_ratio)
    assert results[0].delta_p_rms == pytest.approx(results[1].delta_p_rms)


@given(st.integers(0, 2**16))
def test_divergence_is_never_negative(seed: int) -> None:
    """Gibbs' inequality holds for every pair of distributions."""
    draw = np.random.default_rng(seed)
    truth, other = (10 * draw.normal(size=(4, 6)) for _ in range(2))
    found = compared(truth.tolist(), other.tolist(), [0, 1, 2, 3])
    assert 0 <= found.kld_median <= found.kld_max
    assert 0 <= found.top1 <= 1


def test_the_interval_of_the_ratio_holds_it() -> None:
    """The bootstrap draws whole texts, is the same each time, and its interval surrounds the ratio."""
    losses = [(100.0 + n, 101.0 + n + 0.1 * (n % 3), 50) for n in range(12)]
    ratio, low, high = perplexity_ratio(losses)
    assert low < ratio < high
    assert perplexity_ratio(losses) == (ratio, low, high)
    assert perplexity_ratio([]) == (1.0, 1.0, 1.0)


def test_shapes_must_agree() -> None:
    """Logits of different shapes are an error of the caller, not a figure."""
    with pytest.raises(ValueError, match="shapes"):
        Tally().add("prose", [1], np.zeros((1, 3), np.float32), np.zeros((1, 4), np.float32))
    with pytest.raises(ValueError, match="nothing"):
        Tally().figures()


def test_log_softmax_sums_to_one() -> None:
    """Probabilities add up to one, also for large logits."""
    logprobs = log_softmax(np.array([[1e4, 0.0, -1e4], [1.0, 2.0, 3.0]], dtype=np.float32))
    assert np.exp(logprobs).sum(axis=1) == pytest.approx([1.0, 1.0])
