"""diff: two models tensor by tensor, in any formats."""

from __future__ import annotations

import json
import shutil

import pytest
from broken_files import copy_of, plant
from command_line import ROOT

TINY, LLAMA = (ROOT / "models" / name for name in ("tiny", "tiny-llama"))


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        (LLAMA / "safetensors", LLAMA / "apr", {"identical"}),
        (LLAMA / "safetensors", LLAMA / "gguf/model-q8_0.gguf", {"near", "equal"}),
        (LLAMA / "gguf/model-f16.gguf", LLAMA / "safetensors", {"near", "equal"}),
        (TINY / "apr/model.apr", TINY / "gguf/model-f16.gguf", {"near", "equal"}),
        (TINY / "gguf/model-f16.gguf", TINY / "gguf/model-q8_0.gguf", {"near", "identical"}),
    ],
)
def test_healthy_conversions_are_alike_in_any_direction(tell, first, second, seen):
    """Names are matched by family, and differences are no larger than the coarser type explains."""
    found = tell("diff", first, second, "--json")
    assert found.status == 0, found.out
    assert {one["likeness"] for one in found.json["tensors"]} == seen
    errors = [one["error"] for one in found.json["tensors"]]
    assert errors == sorted(errors, reverse=True)
    assert all(not one["counts"] for one in found.json["settings"])


@pytest.fixture
def copy(tmp_path):
    """A copy of the model whose q and k rows GGUF permutes."""
    return copy_of("tiny", tmp_path / "tiny")


@pytest.mark.parametrize("other", ["safetensors", "gguf/model-f16.gguf"])
def test_a_permutation_is_named_between_formats_and_within_one(tell, copy, other):
    """Held against the ground truth or against the healthy GGUF file, the same transform is named."""
    plant("k-permuted", copy)
    found = tell("diff", TINY / other, copy / "gguf", "--json")
    assert found.status == 1
    (worst, *rest) = found.json["tensors"]
    assert worst["second"].endswith("attn_k.weight")
    assert worst["kind"] == "q/k permutation"
    assert worst["error"] > 0.5
    assert worst["after"] < 0.01
    assert {one["likeness"] for one in rest if "attn_k" not in one["second"]} <= {"identical", "near", "equal"}


def test_swapped_rows_are_named_and_the_table_starts_with_them(tell, copy):
    """One line of the table is shown with --limit 1: the worst, with the rows."""
    plant("vocabulary-rows-swapped", copy)
    found = tell("diff", TINY / "gguf/model-f16.gguf", copy / "gguf", "--limit", "1")
    assert found.status == 1
    assert "token_embd.weight" in found.out
    assert "are swapped" in found.out
    assert "and 25 more" in found.out


def test_missing_tensors_and_other_metadata_differ(tell, copy):
    """A tensor on one side only and another end token are both shown, and each alone is a difference."""
    plant("end-token-wrong", copy)
    found = tell("diff", TINY / "gguf/model-f16.gguf", copy / "gguf")
    assert found.status == 1
    assert "x  metadata tokenizer.ggml.eos_token_id: 639 -> " in found.out
    assert "x  declared eos_token_id" in tell("diff", TINY / "safetensors", copy / "gguf").out
    plant("tensor-missing", copy)
    found = tell("diff", TINY / "safetensors", copy / "gguf", "--json")
    worst = found.json["tensors"][0]
    assert (worst["likeness"], worst["second"], worst["says"]) == ("missing", "", "only in the first")


def test_configs_differ_key_by_key(tell, copy):
    """Another rope base is a difference, another program's version is none."""
    config = copy / "safetensors" / "config.json"
    said = json.loads(config.read_text())
    config.write_text(json.dumps({**said, "transformers_version": "0.0.1"}))
    assert tell("diff", TINY / "safetensors", copy / "safetensors").status == 0
    config.write_text(json.dumps({**said, "rope_theta": 10_000.0}))
    found = tell("diff", TINY / "safetensors", copy / "safetensors")
    assert found.status == 1
    assert "x  config.json rope_theta: 250000.0 -> 10000.0" in found.out
    assert "x  declared rope_theta: 10000.0 -> 250000.0" in tell("diff", copy / "safetensors", copy / "gguf").out


@pytest.mark.parametrize(
    ("fault", "key"),
    [("eps-large", "rms_norm_eps"), ("rope-base-near", "rope_theta"), ("rope-scaled", "rope_scaling.factor")],
)
def test_numbers_that_formats_declare_in_their_own_ways_are_compared(tell, copy, fault, key):
    """Epsilon, rope base and scaling of positions differ between config.json and the keys of GGUF."""
    plant(fault, copy)
    found = tell("diff", TINY / "safetensors", copy / "gguf", "--json")
    assert found.status == 1
    assert [one["key"] for one in found.json["settings"] if one["counts"]] == [key]


def test_other_models_are_other_in_every_tensor(tell):
    """Shapes and missing tensors are said in words, and the lists are cut at the limit."""
    found = tell("diff", TINY, LLAMA, "--limit", "3")
    assert found.status == 1
    assert "7 missing, 20 other shape of 27 tensors" in found.out
    assert "more differences of configs and metadata" in found.out


def test_what_cannot_be_compared_ends_otherwise(tell, copy, tmp_path):
    """A path without weights is bad input; a broken file and an unknown family give no verdict, with a remedy."""
    assert tell("diff", tmp_path / "none", TINY).status == 2
    shutil.copytree(TINY / "safetensors", tmp_path / "strange")
    (tmp_path / "strange" / "config.json").write_text('{"model_type": "strange"}')
    (file,) = (copy / "gguf").iterdir()
    file.write_bytes(file.read_bytes().replace(b"qwen2", b"qwenX"))
    unknown = tell("diff", tmp_path / "strange", file)
    assert unknown.status == 3
    assert "no family file describes this model" in unknown.err
    assert tell("diff", file, file).status == 0
    plant("truncated", copy)
    broken = tell("diff", TINY / "safetensors", copy / "gguf")
    assert broken.status == 3
    assert "apr-qa validate-contract" in broken.err
