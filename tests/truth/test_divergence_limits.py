"""Limits by stored type: complete, ordered, with their source, and passed by other clean conversions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apr_qa.truth.declared import judged_dtype, stored_dtype
from apr_qa.truth.envelopes import RANKS, Envelope, envelope_for, ladder_faults
from apr_qa.truth.figures import Figures
from apr_qa.truth.measure import measure, truth_of
from apr_qa.weights import read_header
from clean_conversions import perturbed, to_apr, to_gguf

CLEAN = Figures(
    positions=2000, kld_mean=1e-4, kld_median=1e-5, kld_p99=1e-3, kld_max=0.01, top1=0.995, ties=0, delta_p_rms=0.001,
    ppl_ratio=1.0, ppl_low=0.99, ppl_high=1.01, max_dlogp=0.1,
)  # fmt: skip


def general(dtype: str) -> Envelope:
    found = envelope_for(dtype, truth_dtype="bf16", model_type="other", parameters=10**9)
    assert found is not None
    return found


def test_every_ranked_type_has_limits_and_a_source() -> None:
    """No type of the ladder is without limits, and each limit says where it comes from."""
    for dtype in RANKS:
        assert len(general(dtype).source) > 10
    assert envelope_for("iq1_s", truth_dtype="bf16", model_type="other", parameters=1) is None


def test_coarser_types_may_be_further_away() -> None:
    """Down the llama.cpp types the limits only grow."""
    ladder = [general(dtype) for dtype in ("f16", "q8_0", "q6_k", "q5_k", "q4_k", "q4_0", "q3_k", "q2_k")]
    assert [e.kld_mean for e in ladder] == sorted(e.kld_mean for e in ladder)
    assert [e.top1 for e in ladder] == sorted((e.top1 for e in ladder), reverse=True)


def test_a_type_that_can_hold_the_truth_must_hold_it() -> None:
    """BF16 made of BF16 is held to rounding, BF16 made of F32 to the published figures."""
    assert general("bf16").kld_mean < 1e-6
    rounded = envelope_for("bf16", truth_dtype="f32", model_type="other", parameters=10**9)
    assert rounded is not None
    assert rounded.kld_mean > 1e-6


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (replace(CLEAN, kld_mean=0.5), "mean divergence"),
        (replace(CLEAN, top1=0.5), "likeliest token"),
        (replace(CLEAN, broken=1), "no numbers"),
    ],
)
def test_figures_outside_are_named(seen: Figures, word: str) -> None:
    """Each limit that is passed gives a sentence; inside there is none."""
    limits = general("q8_0")
    assert limits.faults(CLEAN) == []
    assert word in limits.faults(seen)[0]


def test_damage_in_few_places_is_seen_by_shape() -> None:
    """A heavy tail, or much divergence for few changed tokens, falls where the family's shape is known."""
    limits = envelope_for("q8_0", truth_dtype="bf16", model_type="qwen2", parameters=10**6)
    assert limits is not None
    seen = replace(CLEAN, kld_mean=3e-4, kld_p99=3e-3)
    assert limits.faults(replace(seen, top1=0.993)) == []
    assert any("few places" in fault for fault in limits.faults(replace(seen, top1=0.9995)))
    assert any("few places" in fault for fault in limits.faults(replace(seen, top1=0.993, kld_p99=1e-2)))


def test_the_ladder_needs_no_limits() -> None:
    """A finer type that is further from the truth falls; near nothing, order means nothing."""
    far, near, exact = CLEAN, replace(CLEAN, kld_mean=1e-5), replace(CLEAN, kld_mean=1e-9)
    assert ladder_faults([("q8_0", near), ("q4_0", far)]) == []
    assert len(ladder_faults([("bf16", far), ("q4_0", near)])) == 1
    assert ladder_faults([("bf16", near), ("f16", exact)]) == []
    assert ladder_faults([("bf16", replace(exact, kld_mean=2e-9)), ("q4_0", exact)]) == []


def test_a_file_is_held_to_its_finest_claim(models: Path) -> None:
    """Name and header are heard, and the finer of the two counts; without either the bytes decide."""
    header = read_header(models / "tiny" / "gguf" / "model-q8_0.gguf")
    assert judged_dtype(header, "") == "q8_0"
    assert judged_dtype(header, "f16") == "f16"
    assert judged_dtype(header, "q4_k_m") == "q8_0"
    apr = read_header(models / "tiny" / "apr" / "model.apr")
    assert (judged_dtype(apr, ""), stored_dtype(apr)) == ("bf16", "bf16")


@pytest.mark.parametrize("name", ["tiny", "tiny-llama"])
def test_clean_conversions_of_another_seed_are_inside(name: str, models: Path, tmp_path: Path) -> None:
    """A ground truth that was not used for calibration gives no alarm, and its ladder is in order."""
    folder = perturbed(models / name / "safetensors", tmp_path / "truth", 977)
    truth = truth_of(folder / "model.safetensors", 1200)
    rungs = []
    for dtype in ("f16", "q8_0", "q5_k", "q4_0", "apr_q8"):
        like = models / name / ("apr/model.apr" if dtype.startswith("apr") else "gguf/model-f16.gguf")
        write = to_apr if dtype.startswith("apr") else to_gguf
        seen = measure(truth, write(folder, like, tmp_path / f"{dtype}{like.suffix}", dtype))
        limits = envelope_for(dtype, truth_dtype="bf16", model_type=truth.model_type, parameters=truth.parameters)
        assert limits is not None
        assert limits.faults(seen) == [], dtype
        rungs.append((dtype, seen))
    assert ladder_faults(rungs) == []
