"""A fingerprint refutes a harmed file without the ground truth, is small, and survives writing and reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conversions import FAMILIES, clean, folder_of, harmed, known_of, packed
from fault_cases import DOWN, EMBEDDING, GATE, UP, K, Q, V, head_order, permute, put, rows, swap, swap_layers
from safetensors.numpy import save_file

from apr_qa.contracts import fingerprint
from apr_qa.contracts.fingerprint import Deviation, read, take, tensors_of, verify
from apr_qa.weights import open_weights


def held(model: str, file: Path, tmp_path: Path) -> tuple[Deviation, ...]:
    """Return the deviations of `file` from the fingerprint of the ground truth of `model`, written and read again."""
    with open_weights(folder_of(model)) as truth:
        fingerprint.write(take(truth), tmp_path / "print.npz")
    with open_weights(file) as other:
        return verify(read(tmp_path / "print.npz"), other, known_of(model))[1]


@pytest.mark.parametrize("dtype", ["f16", "q8_0", "q6_k", "q4_k", "q4_0"])
@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
def test_a_clean_conversion_fits(model: str, dtype: str, tmp_path: Path) -> None:
    """Every tensor of a clean conversion is within the envelope of its type."""
    file = harmed(tmp_path / "clean.gguf", model, lambda _tensors: None, dtype)
    deviations = held(model, file, tmp_path)
    assert len(deviations) > 20
    assert list(tensors_of(deviations)) == []


@pytest.mark.parametrize(
    "family", sorted(p.name for p in FAMILIES.iterdir() if p.name not in ("olmo", "stablelm-parallel"))
)
def test_every_family_fits(family: str, tmp_path: Path) -> None:
    """Transforms are undone on the way: what was permuted, regrouped or shifted is compared in the truth's order."""
    file = harmed(tmp_path / "clean.gguf", family, lambda _tensors: None, "f16")
    assert list(tensors_of(held(family, file, tmp_path))) == []


@pytest.mark.parametrize(
    ("harm", "tensors"),
    [
        (put(Q, lambda w: w.T), {"self_attn.q_proj"}),
        (swap(K, V), {"k_proj", "v_proj"}),
        (swap(GATE, UP), {"gate_proj", "up_proj"}),
        (swap_layers, {"q_proj", "down_proj"}),
        (put(Q, permute(4)), {"q_proj"}),
        (put(Q, head_order([0, 2, 1, 3])), {"q_proj"}),
        (put(DOWN, lambda w: w * 0.5), {"down_proj"}),
        (put(EMBEDDING, rows(lambda w: w.__setitem__(slice(20, 60), w[60:20:-1].copy()))), {"embed_tokens"}),
    ],
)
@pytest.mark.parametrize("dtype", ["f16", "q8_0"])
def test_a_harmed_file_does_not_fit(harm: object, tensors: set[str], dtype: str, tmp_path: Path) -> None:
    """The tensors that were harmed stand out, and no other."""
    assert callable(harm)
    found = list(tensors_of(held("tiny", harmed(tmp_path / "harmed.gguf", "tiny", harm, dtype), tmp_path)))
    for part in tensors:
        assert any(part in name for name in found), found
    if len(tensors) < 3 and harm is not swap_layers:
        assert len(found) <= len(tensors)


def test_it_is_a_thousandth_of_the_model(tmp_path: Path) -> None:
    """Of a model of 32 MB; a tiny one cannot be fingerprinted in fewer bytes than its tensors have names."""
    draw = np.random.default_rng(0)
    matrices = {f"m{i}": draw.normal(size=(2048, 1024)).astype(np.float16) for i in range(8)}
    save_file(matrices, tmp_path / "model.safetensors")
    with open_weights(tmp_path / "model.safetensors") as weights:
        fingerprint.write(take(weights), tmp_path / "print.npz")
    size = (tmp_path / "model.safetensors").stat().st_size
    assert (tmp_path / "print.npz").stat().st_size <= size * fingerprint.SHARE


@pytest.mark.parametrize("harm", [lambda b: b[:100], lambda _b: b"", lambda _b: b"PK\x03\x04 no"])
def test_a_broken_fingerprint_is_refused(harm: object, tmp_path: Path) -> None:
    """A cut or foreign file is said to be none."""
    assert callable(harm)
    file = tmp_path / "print.npz"
    with open_weights(folder_of("tiny")) as truth:
        fingerprint.write(take(truth), file)
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(ValueError):
        read(file)


def test_the_quantiser_of_the_tests_is_llama_cpps(tmp_path: Path) -> None:
    """What it writes as Q8_0 is bit for bit what the gguf library writes."""
    import gguf

    values = np.array(clean("tiny")[UP])
    kind = gguf.GGMLQuantizationType.Q8_0
    np.testing.assert_array_equal(packed(values, "q8_0")[0], gguf.quants.quantize(values, kind))
