"""Compact baselines: small, exact in what they keep, bounding what they cut, strict when read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from apr_qa.errors import InputError
from apr_qa.truth.baseline import (
    Baseline,
    Bounds,
    compare_with_baseline,
    make_baseline,
    read_baseline,
    write_baseline,
)
from apr_qa.truth.envelopes import envelope_for
from apr_qa.truth.measure import Truth, measure


@pytest.fixture(scope="module")
def baseline(short_truth: Truth) -> Baseline:
    return make_baseline(short_truth, model="local/tiny", digest="ab" * 32, dtype="bf16")


def test_a_baseline_comes_back_as_it_was(baseline: Baseline, tmp_path: Path) -> None:
    """Written and read, everything is the same, and 2048 positions would stay under 1 MB."""
    file = tmp_path / "tiny.npz"
    write_baseline(baseline, file)
    found = read_baseline(file)
    assert found.blocks == baseline.blocks
    assert np.array_equal(found.top_ids, baseline.top_ids)
    assert np.array_equal(found.top_logprobs, baseline.top_logprobs)
    assert (found.digest, found.vocab, found.dtype) == (baseline.digest, 640, "bf16")
    assert file.stat().st_size / len(baseline.top_ids) * 2048 < 1_000_000


@pytest.mark.parametrize("quantization", ["f16", "q8_0"])
def test_the_divergence_lies_between_the_bounds(
    baseline: Baseline, short_truth: Truth, models: Path, quantization: str
) -> None:
    """The full comparison falls between the two bounds, the lower being close; top-1 is exact."""
    file = models / "tiny" / "gguf" / f"model-{quantization}.gguf"
    full, bounds = measure(short_truth, file), compare_with_baseline(baseline, file)
    assert bounds.kld_low <= full.kld_mean + 1e-9
    assert full.kld_mean <= bounds.kld_high
    assert bounds.kld_low >= 0.8 * full.kld_mean - 1e-9
    assert bounds.top1 == pytest.approx(full.top1, abs=0.005)


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


def test_a_limit_between_the_bounds_is_left_open() -> None:
    """Inside needs the upper bound, outside the lower one."""
    limits = envelope_for("q8_0", truth_dtype="bf16", model_type="other", parameters=10**9)
    assert limits is not None
    assert Bounds(positions=1, kld_low=0.001, kld_high=0.002, top1=1).verdict(limits) == "inside"
    assert Bounds(positions=1, kld_low=0.001, kld_high=0.02, top1=1).verdict(limits) == "open"
    assert Bounds(positions=1, kld_low=0.01, kld_high=0.02, top1=1).verdict(limits) == "outside"


@pytest.mark.parametrize("harm", ["cut", "empty", "version", "ids", "pickle"])
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
        else:
            arrays["logsumexp"] = np.array([{"a": 1}], dtype=object)
        np.savez(file, **arrays)
    with pytest.raises(InputError):
        read_baseline(file)
