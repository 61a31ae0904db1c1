"""Writes a Hugging Face folder of a tiny model as one GGUF file, with tokeniser, template and metadata.

Matrices are stored as F16 or Q8_0, vectors (norms, biases) as F32, as llama.cpp's own converter does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from safetensors.torch import load_file

_PRE_TOKENIZER = {"qwen2": "qwen2", "llama": "smollm"}
_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_TOP_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_TYPES = {
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}


def gguf_name(name: str) -> str:
    """``model.layers.0.self_attn.q_proj.weight`` -> ``blk.0.attn_q.weight``."""
    stem, kind = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        layer, _, part = stem.removeprefix("model.layers.").partition(".")
        return f"blk.{layer}.{_LAYER_NAMES[part]}.{kind}"
    return f"{_TOP_NAMES[stem]}.{kind}"


def permute(weight: np.ndarray, heads: int) -> np.ndarray:
    """Reorders the rows of a Q or K matrix (rows, columns) of a llama model for ggml's interleaved rotary embedding.

    Hugging Face rotates row ``i`` of a head with row ``i + half``; ggml's llama rotates rows ``2i`` and ``2i + 1``.
    """
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


def unpermute(weight: np.ndarray, heads: int) -> np.ndarray:
    """The inverse of ``permute``."""
    rows = weight.shape[0]
    return weight.reshape(heads, rows // heads // 2, 2, -1).swapaxes(1, 2).reshape(weight.shape)


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """All tensors of the folder's SafeTensors files as float32 (exact: BF16 is a cut float32)."""
    weights: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.safetensors")):
        weights |= {name: tensor.to(torch.float32).numpy() for name, tensor in load_file(path).items()}
    return weights


def convert(folder: Path, target: Path, kind: str) -> None:
    """Writes ``target`` from the Hugging Face ``folder``; ``kind`` is ``f16`` or ``q8_0``."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    matrix_type, file_type = _TYPES[kind]
    writer = gguf.GGUFWriter(target, config["model_type"])
    _add_metadata(writer, config)
    writer.add_file_type(file_type)
    _add_tokenizer(writer, config, folder)
    for name, weight in load_weights(folder).items():
        if config["model_type"] == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
            weight = permute(weight, heads)
        stored = matrix_type if weight.ndim > 1 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(gguf_name(name), gguf.quants.quantize(np.ascontiguousarray(weight), stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.chmod(target, 0o644)


def _add_metadata(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    """The numbers of config.json under their GGUF names."""
    writer.add_name("apr-qa tiny" if config["model_type"] == "qwen2" else "apr-qa tiny-llama")
    writer.add_license("mit")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if config["model_type"] == "llama":
        writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])


def _add_tokenizer(writer: gguf.GGUFWriter, config: dict[str, Any], folder: Path) -> None:
    """Tokens in id order, merges, special ids and the chat template."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    by_id = {number: text for text, number in tokenizer["model"]["vocab"].items()} | special
    numbers = range(config["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_PRE_TOKENIZER[config["model_type"]])
    writer.add_token_list([by_id[number] for number in numbers])
    writer.add_token_types(
        [gguf.TokenType.CONTROL if number in special else gguf.TokenType.NORMAL for number in numbers]
    )
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    )
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(False)
    writer.add_chat_template((folder / "chat_template.jinja").read_text(encoding="utf-8"))
