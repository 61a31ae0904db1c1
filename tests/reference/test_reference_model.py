"""The model's own rules: what may be asked, and what sampling promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from apr_qa.reference.model import ContextError, Model
from apr_qa.reference.sampling import best, choose, log_softmax

FIXTURE = Path(__file__).parent.parent / "fixtures" / "families" / "qwen2"


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    """Load the fixture once."""
    yield Model.load(FIXTURE)


def test_bad_sequences_are_refused(model: Model) -> None:
    """Empty, out of the vocabulary, and past the context."""
    for tokens in ([], [320], [-1]):
        with pytest.raises(ValueError):
            model.logits(tokens)
    with pytest.raises(ContextError):
        model.logits([5] * 257)
    assert model.logits([5] * 256).shape == (256, 320)


def test_generation_stops_at_its_end_token_and_at_the_limit(model: Model) -> None:
    """The end token is not returned."""
    free = model.generate([5, 6, 7], 8)
    assert len(free) == 8
    first = free.index(free[3])
    assert model.generate([5, 6, 7], 8, frozenset({free[3]})) == free[:first]


def test_generation_past_the_context_is_refused(model: Model) -> None:
    """No token is made up beyond the positions that the model knows."""
    assert len(model.generate([5] * 250, 6)) == 6
    with pytest.raises(ContextError):
        model.generate([5] * 250, 8)


def test_sampling_is_seeded(model: Model) -> None:
    """The same seed repeats; seeds differ; a cold temperature is greedy."""
    one, two, three = (model.generate([5, 6], 24, temperature=1.0, seed=seed) for seed in (1, 1, 2))
    assert one == two != three
    assert model.generate([5, 6], 8, temperature=1e-6) == model.generate([5, 6], 8)


def test_choosing_follows_the_distribution() -> None:
    """Frequencies follow the probabilities; a nucleus leaves out the tail; ties go to the lower id."""
    logits = np.log(np.array([0.6, 0.3, 0.1], dtype=np.float32))
    chance = np.random.default_rng(0)
    counts = np.bincount([choose(logits, 1.0, 1.0, chance) for _ in range(2000)], minlength=3) / 2000
    np.testing.assert_allclose(counts, [0.6, 0.3, 0.1], atol=0.05)
    assert {choose(logits, 1.0, 0.8, chance) for _ in range(200)} == {0, 1}
    assert choose(np.array([1, 2, 2], dtype=np.float32), 0.0, 1.0, chance) == 1


def test_log_softmax_is_normal_and_best_is_sorted() -> None:
    """Probabilities sum to one even for huge logits; ties keep the order of ids."""
    logprobs = log_softmax(np.array([1000, 999, 1000], dtype=np.float32))
    assert np.exp(logprobs).sum() == pytest.approx(1.0)
    assert [token for token, _ in best(logprobs, 3)] == [0, 2, 1]
