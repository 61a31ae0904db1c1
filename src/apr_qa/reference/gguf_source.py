"""A GGUF file as a config and tensors: its keys under Hugging Face names, its rows back in Hugging Face order."""

from __future__ import annotations

import math
from collections.abc import Mapping

from apr_qa.reference.gguf_dialects import DIALECTS, Dialect
from apr_qa.reference.record import Floats, UnsupportedModel
from apr_qa.reference.stored_rows import StoredRows
from apr_qa.weights import Weights

ROPE_TENSORS = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")
"""Divisors of the rope frequencies; they go into the config, not into the parameters."""
_SIZES = {
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "intermediate_size": "feed_forward_length",
    "max_position_embeddings": "context_length",
    "head_dim": "attention.key_length",
    "rope_theta": "rope.freq_base",
}
_LLAMA_CPP_THETA = 10000.0
"""What readers of GGUF take when a file leaves out rope.freq_base."""
_GEMMA2_27B_LAYERS = 46


def dialect_of(weights: Weights) -> Dialect:
    """Return how the file's architecture is read. Raises UnsupportedModel for one that is not known."""
    arch = weights.metadata.get("general.architecture")
    dialect = DIALECTS.get(str(arch))
    if dialect is None:
        raise UnsupportedModel(f"general.architecture {arch!r} is not known; known: {', '.join(sorted(DIALECTS))}")
    return dialect


def config_of(weights: Weights, dialect: Dialect) -> dict[str, object]:
    """Return the file's keys as a config. Raises UnsupportedModel when one is missing or not computed."""
    arch = str(weights.metadata["general.architecture"])
    said = {key.removeprefix(arch + "."): value for key, value in weights.metadata.items()}
    keys = {**_SIZES, **dialect.keys}
    config: dict[str, object] = {key: said[name] for key, name in keys.items() if name in said}
    config |= dialect.unsaid
    config["gguf.eps"] = said.get(dialect.eps)
    config |= _seen(weights)
    config.setdefault("rope_theta", _LLAMA_CPP_THETA)
    _same_head_sizes(said)
    config["gguf.rotary_fraction"] = _rotary_fraction(config, said)
    if scaling := _scaling(weights, said):
        config["rope_scaling"] = scaling
    if not config.get("sliding_window"):  # 0 is how Phi-3 files say that there is none
        config.pop("sliding_window", None)
    if arch == "gemma2":
        config["query_pre_attn_scalar"] = _gemma2_scalar(config)
    return config


def _seen(weights: Weights) -> dict[str, object]:
    """Return what is read off the tensors: the vocabulary, biases, and whether a head is stored."""
    tensors = weights.tensors
    embedding = tensors.get("token_embd.weight")
    if embedding is None:
        raise UnsupportedModel("the tensor token_embd.weight is missing")
    return {
        "vocab_size": embedding.shape[0],
        "gguf.qkv_bias": "blk.0.attn_q.bias" in tensors or "blk.0.attn_qkv.bias" in tensors,
        "gguf.out_bias": "blk.0.attn_output.bias" in tensors,
        "gguf.mlp_bias": "blk.0.ffn_up.bias" in tensors,
        "gguf.tied": "output.weight" not in tensors,
    }


def _same_head_sizes(said: Mapping[str, object]) -> None:
    if said.get("attention.value_length") != said.get("attention.key_length"):
        raise UnsupportedModel("heads of q and k differ in size from those of v")


def _rotary_fraction(config: Mapping[str, object], said: Mapping[str, object]) -> float:
    heads, hidden = config.get("num_attention_heads"), config.get("hidden_size")
    if not isinstance(heads, int) or not isinstance(hidden, int) or heads <= 0:
        raise UnsupportedModel("the file does not state its heads and hidden size as single numbers")
    head_dim = config.get("head_dim", hidden // heads)
    turned = said.get("rope.dimension_count", head_dim)
    if not isinstance(turned, int) or not isinstance(head_dim, int) or not 0 < turned <= head_dim:
        raise UnsupportedModel(f"rope.dimension_count = {turned!r} does not fit heads of {head_dim!r}")
    fraction = turned / head_dim
    return fraction if int(head_dim * fraction) == turned else math.nextafter(fraction, 2)


def _scaling(weights: Weights, said: Mapping[str, object]) -> dict[str, object]:
    """Return the rope scaling in the words of a config; long and short factors are tensors here."""
    original = said.get("rope.scaling.original_context_length")
    if "rope_factors_long.weight" in weights.tensors:
        factors = {f"{size}_factor": weights.read(f"rope_factors_{size}.weight").tolist() for size in ("long", "short")}
        scaling = {"rope_type": "longrope", **factors, "original_max_position_embeddings": original}
        return _with(scaling, "attention_factor", said.get("rope.scaling.attn_factor"))
    kind = said.get("rope.scaling.type", "none")
    if kind == "none":
        return {}
    if kind == "linear":
        return {"rope_type": "linear", "factor": said.get("rope.scaling.factor")}
    if kind != "yarn":
        raise UnsupportedModel(f"rope.scaling.type {kind!r} is not computed")
    scaling = {"rope_type": "yarn", "factor": said.get("rope.scaling.factor")}
    return {**scaling, "original_max_position_embeddings": original}


def _with(mapping: dict[str, object], key: str, value: object) -> dict[str, object]:
    return mapping if value is None else {**mapping, key: value}


def _gemma2_scalar(config: Mapping[str, object]) -> object:
    """Return the query scalar, which GGUF does not hold: the head size, but for the 27B model."""
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    if config.get("num_hidden_layers") == _GEMMA2_27B_LAYERS and isinstance(hidden, int) and isinstance(heads, int):
        return hidden // heads
    return config.get("head_dim")


class GgufTensors(StoredRows):
    """The parameters of a GGUF file, with the rows of permuted q and k put back."""

    def __init__(self, weights: Weights, dialect: Dialect, config: Mapping[str, object]) -> None:
        super().__init__(weights)
        self._heads: dict[str, int] = {}
        if dialect.permuted:
            heads = config["num_attention_heads"]
            counts = {"attn_q": heads, "attn_k": config.get("num_key_value_heads", heads)}
            self._heads = {part: int(str(count)) for part, count in counts.items()}
        self.shapes = {name: info.shape for name, info in weights.tensors.items() if name not in ROPE_TENSORS}

    def read(self, name: str) -> Floats:
        """Return one tensor as float32, its rows in Hugging Face order."""
        values = self._weights.read(name)
        heads = next((count for part, count in self._heads.items() if f".{part}." in name), None)
        return values if heads is None else unpermuted(values, heads)


def unpermuted(values: Floats, heads: int) -> Floats:
    """Return rows (or a bias) of which each head alternates between its halves, with the halves one after the other."""
    pairs = values.reshape(heads, -1, 2, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)
