"""Correspondence of families without a fixture: experts, fused qkv, latent attention, turned projections, nesting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conversions import Floats, write
from safetensors.numpy import save_file

from apr_qa.catalog.expressions import evaluate
from apr_qa.contracts.mapping import Correspondence, Known, correspond, known
from apr_qa.contracts.recipes import CannotApplyError, permuted
from apr_qa.contracts.statistics import Findings, examine, sentence
from apr_qa.weights import open_weights

BASE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "vocab_size": 96,
    "tie_word_embeddings": False,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "mixtral": {"num_local_experts": 3},
    "qwen2_moe": {"num_experts": 3, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 64},
    "internlm2": {},
    "falcon": {"new_decoder_architecture": True, "num_kv_heads": 2},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 40, "tie_word_embeddings": True},
    "gpt_bigcode": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 40, "n_inner": 64},
    "deepseek_v2": {
        "qk_nope_head_dim": 8,
        "qk_rope_head_dim": 4,
        "v_head_dim": 8,
        "kv_lora_rank": 16,
        "first_k_dense_replace": 1,
        "n_routed_experts": 3,
        "n_shared_experts": 2,
        "moe_intermediate_size": 32,
    },
    "stablelm": {"qk_layernorm": True, "use_qkv_bias": True},
    "olmo": {},
    "nemotron": {},
    "gemma3": {"head_dim": 8, "tie_word_embeddings": True},
}


def config_of(name: str) -> dict[str, Any]:
    from apr_qa.catalog.families import family_specs

    config = {**BASE, **CONFIGS[name], "architectures": [family_specs()[name].architectures[0]]}
    return config if name != "gemma3" else {"architectures": config.pop("architectures"), "text_config": config}


def truth_of(model: Known, rename: str = "") -> dict[str, Floats]:
    """Return random tensors for everything the family demands."""
    draw = np.random.default_rng(5)
    found = {}
    for tensor in model.spec.tensors:
        for n in range(model.numbers["num_hidden_layers"] if "{n}" in tensor.hf else 1):
            names = {**model.numbers, "n": n}
            if tensor.when and not evaluate(tensor.when, names):
                continue
            for i in range(evaluate(tensor.count, names) if tensor.count else 1):
                shape = [evaluate(part, names) for part in tensor.shape or ()]
                name = rename + tensor.hf.replace("{n}", str(n)).replace("{i}", str(i))
                found[name] = draw.normal(size=shape).astype(np.float16).astype(np.float32)
    return found


def interleave(w: Floats, heads: int) -> Floats:
    """Return the rows of each head from two halves to alternating pairs, one by one."""
    width = len(w) // heads
    order = [h * width + a * (width // 2) + j for h in range(heads) for j in range(width // 2) for a in range(2)]
    return w[order]


def apart(w: Floats, heads: int, groups: int) -> tuple[Floats, Floats, Floats]:
    """Return the q, k and v rows of a matrix of groups, one by one."""
    width, each = len(w) // (heads + 2 * groups), heads // groups
    parts: tuple[list[Floats], list[Floats], list[Floats]] = ([], [], [])
    for g in range(groups):
        start = g * (each + 2) * width
        parts[0].append(w[start : start + each * width])
        parts[1].append(w[start + each * width : start + (each + 1) * width])
        parts[2].append(w[start + (each + 1) * width : start + (each + 2) * width])
    q, k, v = (np.concatenate(part) for part in parts)
    return q, k, v


def made(name: str, role: str, w: Floats, model: Known) -> list[Floats]:
    """Return what a converter makes of one tensor, in the plainest way."""
    heads, groups = model.numbers["num_attention_heads"], model.numbers["num_key_value_heads"]
    if role == "kv_b":
        each = w.reshape(heads, 16, 16)
        return [np.stack([block[:8].T for block in each]), np.stack([block[8:] for block in each])]
    if role == "qkv" and name in ("internlm2", "falcon"):
        q, k, v = apart(w, heads, groups)
        return [np.concatenate((q, k, v))] if name == "falcon" else [interleave(q, heads), interleave(k, groups), v]
    if name == "gpt2" and w.ndim == 2 and role in ("qkv", "o", "ffn_up", "ffn_down"):
        return [w.T]
    if name in ("mixtral", "olmo") and role in ("q", "k"):
        return [interleave(w, heads if role == "q" else groups)]
    shifted = name in ("nemotron", "gemma3") and "norm" in role and not role.endswith("bias")
    return [w + 1 if shifted else w]


def converted(name: str, model: Known, truth: dict[str, Floats], prefix: str = "") -> dict[str, Floats]:
    """Return the tensors of a GGUF file."""
    out: dict[str, Floats] = {}
    for tensor in model.spec.tensors:
        for n in range(model.numbers["num_hidden_layers"] if "{n}" in tensor.hf else 1):
            sources = [prefix + tensor.hf.replace("{n}", str(n)).replace("{i}", str(i)) for i in range(8)]
            held = [truth[s] for s in dict.fromkeys(sources) if s in truth]
            targets = [w.name.replace("{n}", str(n)) for w in tensor.gguf]
            if held and targets:
                values = [np.stack(held)] if "{i}" in tensor.hf else made(name, tensor.role, held[0], model)
                out |= dict(zip(targets, values, strict=True))
    return out


def packable(tensors: dict[str, Floats]) -> dict[str, Floats]:
    return {name: np.ascontiguousarray(w) for name, w in tensors.items()}


def together(name: str, folder: Path, change: Any = None, prefix: str = "") -> tuple[Correspondence, Findings]:
    """Return what corresponds, and what the values say, after `change` of the converted tensors."""
    model = known(config_of(name))
    assert model is not None
    truth = truth_of(model, prefix)
    save_file({n: w.astype(np.float16) for n, w in truth.items()}, folder / "model.safetensors")
    tensors = converted(name, model, truth, prefix)
    if change:
        change(tensors)
    write(folder / "model.gguf", packable(tensors), "f32")
    with open_weights(folder / "model.safetensors") as first, open_weights(folder / "model.gguf") as other:
        mapped = correspond(model, first.header, other.header)
        return mapped, examine(first, other, mapped.pairs, model.numbers)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_clean_conversion_corresponds(name: str, tmp_path: Path) -> None:
    """Every tensor has its partner, and holds what its family's steps make."""
    mapped, found = together(name, tmp_path)
    assert (dict(mapped.missing), mapped.extra, mapped.unknown, mapped.lacking) == ({}, (), (), ())
    assert dict(mapped.misshapen) == {}
    assert found.faults == ()
    assert found.compared == len(mapped.pairs) > 10


def test_a_nested_text_model_is_found_under_its_prefix(tmp_path: Path) -> None:
    """Multimodal checkpoints put `language_model.` before every name; their vision tower is left aside."""
    mapped, found = together("gemma3", tmp_path, prefix="language_model.")
    assert mapped.missing == {}
    assert mapped.unknown == ()
    assert found.faults == ()


def test_an_embedding_may_be_cut_to_the_tokenizer(tmp_path: Path) -> None:
    """Gemma 3 stores 64 rows that no token uses; a converter leaves them out."""
    mapped, found = together("gemma3", tmp_path, lambda t: t.update({"token_embd.weight": t["token_embd.weight"][:90]}))
    assert dict(mapped.misshapen) == {}
    assert found.faults == ()


@pytest.mark.parametrize(
    ("name", "tensor", "harm", "words"),
    [
        ("mixtral", "blk.0.ffn_up_exps.weight", lambda w: w[[1, 0, 2]], "rows"),
        ("falcon", "blk.1.attn_qkv.weight", lambda w: w[::-1].copy(), "rows lie elsewhere"),
        ("gpt2", "blk.0.attn_output.weight", lambda w: w.T.copy(), "not transposed"),
        ("nemotron", "blk.0.attn_norm.weight", lambda w: w - 1, "+1 of norm weights is missing"),
        ("deepseek_v2", "blk.0.attn_k_b.weight", lambda w: w[::-1].copy(), "rows lie elsewhere"),
    ],
)
def test_faults_of_such_families_are_named(name: str, tensor: str, harm: Any, words: str, tmp_path: Path) -> None:
    """Experts swapped, rows left as they were, steps left out."""
    _, found = together(name, tmp_path, lambda t: t.update({tensor: harm(t[tensor])}))
    assert [fault.tensor for fault in found.faults] == [tensor]
    assert words in sentence(found.faults)


def test_what_has_no_partner_is_listed(tmp_path: Path) -> None:
    """Missing, extra and misshapen tensors each have their list."""

    def harm(tensors: dict[str, Floats]) -> None:
        del tensors["blk.0.attn_q.bias"]
        tensors["blk.7.stray.weight"] = np.ones((2, 32), dtype=np.float32)
        tensors["output.weight"] = tensors["output.weight"].T

    mapped, _ = together("stablelm", tmp_path, harm)
    assert list(mapped.missing) == ["blk.0.attn_q.bias"]
    assert mapped.extra == ("blk.7.stray.weight",)
    assert "turned round" in mapped.misshapen["output.weight"]


def test_a_truth_tensor_without_a_place_is_a_gap_of_ours(tmp_path: Path) -> None:
    """It is reported as unknown; buffers that hold no weights are not."""
    model = known(config_of("olmo"))
    assert model is not None
    truth = truth_of(model) | {"model.novel.weight": np.ones(3, dtype=np.float32)}
    truth["model.layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(4, dtype=np.float32)
    save_file(truth, tmp_path / "model.safetensors")
    write(tmp_path / "model.gguf", packable(converted("olmo", model, truth)), "f32")
    with open_weights(tmp_path / "model.safetensors") as first, open_weights(tmp_path / "model.gguf") as other:
        assert correspond(model, first.header, other.header).unknown == ("model.novel.weight",)


@pytest.mark.parametrize("number", ["num_hidden_layers", "num_attention_heads"])
@pytest.mark.parametrize("value", [10**12, -1, "many", None, 7])
def test_hostile_numbers_end_at_once(number: str, value: object, tmp_path: Path) -> None:
    """Numbers that cannot be right make tensors missing or misshapen, or are refused; nothing is counted up to them."""
    model = known(config_of("mixtral"))
    assert model is not None
    truth = truth_of(model)
    save_file(truth, tmp_path / "model.safetensors")
    write(tmp_path / "model.gguf", packable(converted("mixtral", model, truth)), "f32")
    wrong = known({**config_of("mixtral"), number: value})
    assert wrong is not None
    with open_weights(tmp_path / "model.safetensors") as first, open_weights(tmp_path / "model.gguf") as other:
        try:
            mapped = correspond(wrong, first.header, other.header)
        except CannotApplyError:
            return
        assert mapped.misshapen or mapped.unknown or mapped.lacking


def test_a_permutation_that_does_not_fit_says_why() -> None:
    """Heads must divide the rows."""
    with pytest.raises(CannotApplyError, match="do not make 3 heads"):
        permuted(32, 3)
