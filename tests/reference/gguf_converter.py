"""Fixtures as GGUF files, written with the gguf library as llama.cpp's converter would write them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from apr_qa.reference.families import FAMILIES
from apr_qa.reference.gguf_dialects import NAMES
from apr_qa.weights import open_weights

Floats = npt.NDArray[np.float32]
ARCHES = {"mistral": "llama", "phi": "phi2", "gpt_neox": "gptneox"}
PERMUTED = ("llama", "granite")
_EPS = {"layer_norm_eps": "attention.layer_norm_epsilon", "norm_epsilon": "attention.layer_norm_epsilon"}
_NUMBERS = {
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    **_EPS,
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
    "attention_multiplier": "attention.scale",
    "embedding_multiplier": "embedding_scale",
    "residual_multiplier": "residual_scale",
    "logits_scaling": "logit_scale",
}


def convert(folder: Path, out: Path, dtype: str = "F32") -> Path:
    """Write the fixture in `folder` as the GGUF file `out`, its matrices stored as `dtype`."""
    config = json.loads((folder / "config.json").read_text())
    family = FAMILIES[config["model_type"]]
    arch = ARCHES.get(family.model_type, family.model_type)
    writer = gguf.GGUFWriter(out, arch)
    _write_keys(writer, arch, config)
    _write_vocabulary(writer, folder, config["vocab_size"])
    names = {name: NAMES[role] for role, name in family.tensors.items()}
    with open_weights(folder) as weights:
        for name in weights.tensors:
            target = _target(name, names)
            values = _stored(weights.read(name), target, arch, config)
            kind = gguf.GGMLQuantizationType[dtype if values.ndim > 1 else "F32"]
            writer.add_tensor(target, gguf.quants.quantize(values, kind), raw_dtype=kind)
    for name, factors in _rope_tensors(config).items():
        writer.add_tensor(name, np.asarray(factors, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _target(name: str, names: dict[str, str]) -> str:
    suffix = name[name.rindex(".") :]
    layer = next((part for part in name.split(".") if part.isdigit()), "0")
    for source, target in names.items():
        if source.replace("{n}", layer).removesuffix(".weight") == name.removesuffix(suffix):
            return target.replace("{n}", layer).removesuffix(".weight") + suffix
    raise KeyError(name)


def _stored(values: Floats, name: str, arch: str, config: dict[str, Any]) -> Floats:
    """Return what the converter writes for one tensor."""
    heads = config["num_attention_heads"]
    if arch.startswith("gemma") and name.endswith("norm.weight"):
        return values + 1
    for part, count in (("attn_q.", heads), ("attn_k.", config.get("num_key_value_heads", heads))):
        if arch in PERMUTED and part in name:
            halves = values.reshape(count, 2, -1, *values.shape[1:])
            return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(values.shape))
    if arch == "gptneox" and ".attn_qkv." in name:
        return np.ascontiguousarray(
            values.reshape(heads, 3, -1, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)
        )
    return values


def _write_keys(writer: Any, arch: str, config: dict[str, Any]) -> None:
    heads = config["num_attention_heads"]
    head_dim = config.get("head_dim", config["hidden_size"] // heads)
    share = config.get("partial_rotary_factor", config.get("rotary_pct", 1.0))
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads", heads))
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_rope_freq_base(float(config.get("rope_theta", config.get("rotary_emb_base", 0))))
    writer.add_rope_dimension_count(int(head_dim * share))
    for key, name in _NUMBERS.items():
        if key in config:
            writer.add_float32(f"{arch}.{name}", config[key])
    if arch in ("gptneox", "stablelm"):
        writer.add_bool(f"{arch}.use_parallel_residual", config.get("use_parallel_residual", arch == "gptneox"))
    if arch in ("gemma2", "phi3"):
        writer.add_uint32(f"{arch}.attention.sliding_window", config.get("sliding_window") or 0)
    _write_scaling(writer, config)


def _write_scaling(writer: Any, config: dict[str, Any]) -> None:
    scaling = config.get("rope_scaling", {})
    kind = scaling.get("rope_type")
    if kind in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
        writer.add_rope_scaling_factor(scaling["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    if kind == "longrope":
        original = config["original_max_position_embeddings"]
        stretch = math.log(config["max_position_embeddings"] / original) / math.log(original)
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + stretch))


def _rope_tensors(config: dict[str, Any]) -> dict[str, list[float]]:
    scaling = config.get("rope_scaling", {})
    if scaling.get("rope_type") == "longrope":
        return {f"rope_factors_{size}.weight": scaling[f"{size}_factor"] for size in ("long", "short")}
    if scaling.get("rope_type") != "llama3":
        return {}
    dimensions = config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
    plain = config["rope_theta"] ** -(np.arange(0, dimensions, 2) / dimensions)
    turns = scaling["original_max_position_embeddings"] * plain / (2 * np.pi)
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    blend = np.clip((turns - low) / (high - low), 0, 1)
    return {"rope_freqs.weight": (1 / ((1 - blend) / scaling["factor"] + blend)).tolist()}


def _write_vocabulary(writer: Any, folder: Path, size: int) -> None:
    """Write the folder's own tokens and merges, or, where it has none, tokens that nobody reads."""
    file = folder / "tokenizer.json"
    model = json.loads(file.read_text())["model"] if file.is_file() else {}
    tokens = sorted(model.get("vocab", {}), key=model.get("vocab", {}).get) or [f"<{n}>" for n in range(size)]
    tokens += [f"[unused {number}]" for number in range(len(tokens), size)]
    special = {token for token in tokens if token.startswith("<|")}
    kinds = [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in model.get("merges", [])] or ["< 1", "< 2"])
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    settings = folder / "tokenizer_config.json"
    if settings.is_file():
        writer.add_chat_template(json.loads(settings.read_text())["chat_template"])
