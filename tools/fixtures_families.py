"""The family fixtures as data: for each, the transformers config that makes it and what of it is under test."""

from __future__ import annotations

from typing import Any

VOCAB = 128
POSITIONS = 256
TOKENS = 48
"""Length of the golden sequence: three windows, and three times the pretraining context of the scaled ropes."""

_COMMON: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": POSITIONS,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
_EPS = {
    "phi": "layer_norm_eps",
    "gpt_neox": "layer_norm_eps",
    "stablelm": "layer_norm_eps",
    "starcoder2": "norm_epsilon",
}
"""Where a family keeps its norm's epsilon, if not under rms_norm_eps."""

# The thetas beside these two put a frequency into the middle of the blend, where a mistake would show.
_LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
_YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
_LONGROPE = {
    "rope_type": "longrope",
    "short_factor": [1.0, 1.05, 1.1, 1.2],
    "long_factor": [1.0, 1.5, 4.0, 9.0],
}

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", {"rope_theta": 10000.0, "rms_norm_eps": 1e-5, "head_dim": 8}),
    "llama-bias-tied": (
        "llama",
        {"rope_theta": 10000.0, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True},
    ),
    "llama3-rope": ("llama", {"rope_theta": 1000.0, "rope_scaling": _LLAMA3, "rms_norm_eps": 1e-5}),
    "llama-linear": ("llama", {"rope_theta": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
    "mistral": ("mistral", {"rope_theta": 1e6, "sliding_window": 16, "head_dim": 16}),
    "qwen2": ("qwen2", {"rope_theta": 1e6, "tie_word_embeddings": True, "vocab_size": 320}),
    "qwen2-window-yarn": (
        "qwen2",
        {
            "rope_theta": 1000.0,
            "rope_scaling": _YARN,
            "use_sliding_window": True,
            "sliding_window": 16,
            "max_window_layers": 1,
        },
    ),
    "qwen3": ("qwen3", {"rope_theta": 1e6, "head_dim": 16}),
    "gemma": (
        "gemma",
        {
            "rope_theta": 10000.0,
            "head_dim": 16,
            "num_key_value_heads": 1,
            "hidden_act": "gelu_pytorch_tanh",
            "tie_word_embeddings": True,
        },
    ),
    "gemma2": (
        "gemma2",
        {
            "rope_theta": 10000.0,
            "head_dim": 16,
            "sliding_window": 16,
            "query_pre_attn_scalar": 12,
            "attn_logit_softcapping": 8.0,
            "final_logit_softcapping": 12.0,
            "hidden_activation": "gelu_pytorch_tanh",
            "tie_word_embeddings": True,
        },
    ),
    "phi": (
        "phi",
        {"rope_theta": 10000.0, "partial_rotary_factor": 0.5, "num_key_value_heads": 4, "hidden_act": "gelu_new"},
    ),
    "phi3": ("phi3", {"rope_theta": 10000.0, "sliding_window": 16, "original_max_position_embeddings": POSITIONS}),
    "phi3-longrope": (
        "phi3",
        {"rope_theta": 10000.0, "rope_scaling": _LONGROPE, "original_max_position_embeddings": 32},
    ),
    "gpt_neox": (
        "gpt_neox",
        {"rotary_pct": 0.5, "rotary_emb_base": 10000, "hidden_act": "gelu", "use_parallel_residual": True},
    ),
    "gpt_neox-serial": (
        "gpt_neox",
        {"rotary_pct": 1.0, "rotary_emb_base": 10000, "hidden_act": "gelu", "use_parallel_residual": False},
    ),
    "stablelm": (
        "stablelm",
        {"rope_theta": 10000.0, "partial_rotary_factor": 0.5, "use_qkv_bias": True, "hidden_act": "silu"},
    ),
    "stablelm-parallel": (
        "stablelm",
        {
            "rope_theta": 10000.0,
            "partial_rotary_factor": 0.5,
            "use_parallel_residual": True,
            "qk_layernorm": True,
            "hidden_act": "silu",
        },
    ),
    "starcoder2": (
        "starcoder2",
        {
            "rope_theta": 1e5,
            "sliding_window": 16,
            "use_bias": True,
            "hidden_act": "gelu_pytorch_tanh",
            "tie_word_embeddings": True,
        },
    ),
    "olmo": ("olmo", {"rope_theta": 10000.0, "clip_qkv": 1.5, "tie_word_embeddings": False}),
    "olmo2": ("olmo2", {"rope_theta": 500000.0, "rms_norm_eps": 1e-6}),
    "granite": (
        "granite",
        {
            "rope_theta": 10000.0,
            "embedding_multiplier": 6.0,
            "logits_scaling": 2.0,
            "residual_multiplier": 0.4,
            "attention_multiplier": 0.2,
            "tie_word_embeddings": True,
        },
    ),
}
"""Fixture -> (model_type, config keys in the classic form of the Hub)."""


def config_of(name: str) -> dict[str, Any]:
    """Return the classic config.json of fixture `name`, without `architectures`."""
    model_type, own = FAMILIES[name]
    config = {"model_type": model_type, **_COMMON, **own, "torch_dtype": "bfloat16"}
    if model_type != "olmo":
        config.setdefault(_EPS.get(model_type, "rms_norm_eps"), 1e-5)
    if "hidden_activation" not in config:
        config.setdefault("hidden_act", "silu")
    if model_type == "gpt_neox":
        del config["num_key_value_heads"]
    return config
