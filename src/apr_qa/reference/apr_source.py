"""An APR file as a config: what its metadata state. Tensors already have their Hugging Face names.

APR metadata hold no rope scaling and no activation, so only families are read whose sums follow from what they hold.
"""

from __future__ import annotations

from apr_qa.reference.record import UnsupportedModel
from apr_qa.weights import Weights

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
_KEYS = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_heads",
    "num_key_value_heads": "num_kv_heads",
    "vocab_size": "vocab_size",
    "intermediate_size": "intermediate_size",
    "max_position_embeddings": "max_position_embeddings",
    "rope_theta": "rope_theta",
    "rms_norm_eps": "rms_norm_eps",
    "head_dim": "head_dim",
}
HEAD = "lm_head.weight"


def config_of(weights: Weights) -> dict[str, object]:
    """Return the metadata as a config. Raises UnsupportedModel for a family that they do not determine."""
    metadata = weights.metadata
    model_type = metadata.get("hf_model_type") or metadata.get("architecture")
    if model_type not in FAMILIES:
        raise UnsupportedModel(f"APR metadata do not determine the sums of {model_type!r}; read: {', '.join(FAMILIES)}")
    config = {key: metadata[name] for key, name in _KEYS.items() if metadata.get(name) is not None}
    return {
        **config,
        "model_type": model_type,
        "hidden_act": "silu",  # of all four families
        "attention_bias": "model.layers.0.self_attn.o_proj.bias" in weights.tensors,
        "mlp_bias": "model.layers.0.mlp.up_proj.bias" in weights.tensors,
        "tie_word_embeddings": _tied(weights),
    }


def _tied(weights: Weights) -> bool:
    """Return whether no head is stored; the bytes decide, since importers write `tied_embeddings` beside a head."""
    head = weights.tensors.get(HEAD)
    stored = head is not None and head.size_bytes > 0
    if not stored and weights.metadata.get("tied_embeddings") is False:
        raise UnsupportedModel(f"the metadata say that the embeddings are not tied, but no {HEAD} is stored")
    return not stored


def placeholders(weights: Weights) -> frozenset[str]:
    """Return the tensors that stand in the index without data."""
    return frozenset(name for name, info in weights.tensors.items() if info.size_bytes == 0)
