"""Compact baselines: small, exact in what they keep, bounding what they cut, strict when read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apr_qa.errors import InputError
from apr_qa.truth.baseline import LARGEST_BYTES, Baseline, kept_tokens, make_baseline, read_baseline, write_baseline
from apr_qa.truth.bounds import SMALL_TAIL, Bounds, compare_with_baseline
from apr_qa.truth.envelopes import envelope_for
from apr_qa.truth.figures import Seen
from apr_qa.truth.measure import Truth, measure
from apr_qa.truth.text_set import Block


@pytest.fixture(scope="module")
def baseline(short_truth: Truth) -> Baseline:
    return make_baseline(short_truth, model="local/tiny", key="ab" * 32, dtype="bf16")


def test_a_baseline_comes_back_as_it_was(baseline: Baseline, tmp_path: Path) -> None:
    """Written and read, everything is the same, and the file keeps to its limit."""
    file = tmp_path / "tiny.npz"
    write_baseline(baseline, file)
    found = read_baseline(file)
    assert found.blocks == baseline.blocks
    assert np.array_equal(found.top_ids, baseline.top_ids)
    assert np.array_equal(found.top_logits, baseline.top_logits)
    assert np.array_equal(found.logsumexp, baseline.logsumexp)
    assert (found.key, found.vocab, found.dtype) == (baseline.key, 640, "bf16")
    assert file.stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize(("positions", "vocab"), [(128, 32_000), (700, 8_000), (2048, 4_000)])
def test_whatever_the_model_a_baseline_is_under_its_limit(positions: int, vocab: int, tmp_path: Path) -> None:
    """Random logits, which do not compress: 64 tokens at least are kept, and no more than 1 MB is written."""
    drawn = np.random.default_rng(0)
    logits = drawn.standard_normal((positions, vocab), dtype=np.float32)
    blocks = (Block(name="x", domain="prose", ids=tuple(int(t) for t in drawn.integers(0, vocab, positions))),)
    made = make_baseline(Truth(blocks, logits, "llama", 1), model="x", key="y", dtype="bf16")
    write_baseline(made, tmp_path / "x.npz")
    assert made.top_ids.shape[1] == kept_tokens(positions, vocab) >= 64
    assert (tmp_path / "x.npz").stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize("kept", [16, 64, 300])
@pytest.mark.parametrize("quantization", ["f16", "q8_0"])
def test_the_divergence_lies_between_the_bounds(
    baseline: Baseline, short_truth: Truth, models: Path, quantization: str, kept: int
) -> None:
    """The full comparison falls between the two bounds, the lower being close; top-1 and perplexity are exact."""
    file = models / "tiny" / "gguf" / f"model-{quantization}.gguf"
    full, bounds = measure(short_truth, file), compare_with_baseline(cut(baseline, kept), file)
    assert bounds.kept == kept
    assert bounds.low.kld_mean <= full.kld_mean + 1e-12
    assert full.kld_mean <= bounds.kld_high + 1e-12
    assert bounds.low.kld_mean >= 0.8 * full.kld_mean - 1e-9
    assert bounds.low.kld_p99 <= full.kld_p99 + 1e-12
    assert bounds.low.top1 == full.top1
    assert bounds.ppl_ratio == pytest.approx(full.ppl_ratio, rel=1e-9)
    assert bounds.low.max_dlogp <= full.max_dlogp


def cut(baseline: Baseline, kept: int) -> Baseline:
    """Return the baseline with fewer tokens for each position, as a model of many positions has."""
    return replace(baseline, top_ids=baseline.top_ids[:, :kept], top_logits=baseline.top_logits[:, :kept])


def test_what_the_bounds_leave_out_is_no_more_than_the_tail(baseline: Baseline, models: Path) -> None:
    """Damage among tokens that were not kept moves no kept one: the bounds differ, and the tail says how much."""
    file = models / "tiny" / "gguf" / "model-q8_0.gguf"
    few, many = (compare_with_baseline(cut(baseline, kept), file) for kept in (4, 64))
    assert few.tail_mass > 10 * many.tail_mass > 0
    assert few.kld_high - few.low.kld_mean > many.kld_high - many.low.kld_mean > 0
    assert few.low.kld_mean <= many.low.kld_mean


def test_a_wrong_file_is_outside(baseline: Baseline, models: Path, tmp_path: Path) -> None:
    """The lower bound alone proves that a file with another rope base is wrong."""
    import struct

    data = (models / "tiny" / "gguf" / "model-q8_0.gguf").read_bytes()
    file = tmp_path / "model-q8_0.gguf"
    file.write_bytes(data.replace(struct.pack("<f", 250000.0), struct.pack("<f", 10000.0), 1))
    limits = envelope_for("q8_0", truth_dtype="bf16", model_type="qwen2", parameters=baseline.parameters)
    assert limits is not None
    assert compare_with_baseline(baseline, file).verdict(limits) == "outside"
    clean = compare_with_baseline(baseline, models / "tiny" / "gguf" / "model-q8_0.gguf")
    assert clean.verdict(limits) in ("inside", "open")


@pytest.mark.parametrize(
    ("low", "high", "tail", "verdict"),
    [
        (0.001, 0.002, 0.5, "inside"),
        (0.001, 0.02, SMALL_TAIL / 2, "inside"),
        (0.001, 0.02, SMALL_TAIL * 2, "open"),
        (0.01, 0.02, 0.0, "outside"),
    ],
)
def test_a_limit_between_the_bounds_is_left_open_unless_the_tail_is_small(
    low: float, high: float, tail: float, verdict: str
) -> None:
    """Outside needs the lower bound only; inside the upper one, or next to nothing outside the kept tokens."""
    limits = envelope_for("q8_0", truth_dtype="bf16", model_type="other", parameters=10**9)
    assert limits is not None
    seen = Seen(positions=1, kld_mean=low, kld_p99=low, top1=1, max_dlogp=0)
    ratios = {"ppl_ratio": 1.0, "ppl_low": 1.0, "ppl_high": 1.0}
    assert Bounds(positions=1, kept=64, low=seen, kld_high=high, tail_mass=tail, **ratios).verdict(limits) == verdict


@pytest.mark.parametrize("harm", ["cut", "empty", "version", "ids", "logit", "pickle"])
def test_a_broken_baseline_is_refused(baseline: Baseline, tmp_path: Path, harm: str) -> None:
    """Nothing but a whole baseline of this version is read, and no pickle is ever opened."""
    file = tmp_path / "x.npz"
    write_baseline(baseline, file)
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-200])
    elif harm == "empty":
        file.write_bytes(b"")
    else:
        with np.load(file) as held:
            arrays = dict(held)
        if harm == "version":
            about = {**json.loads(arrays["about"].tobytes()), "version": 99}
            arrays["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        elif harm == "ids":
            arrays["ids"] = arrays["ids"] + np.uint8(7)
        elif harm == "logit":
            arrays["logits"] = arrays["logits"] * np.float32(1.001)
        else:
            arrays["logsumexp"] = np.array([{"a": 1}], dtype=object)
        np.savez(file, **arrays)
    with pytest.raises(InputError):
        read_baseline(file)
