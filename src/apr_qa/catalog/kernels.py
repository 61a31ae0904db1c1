"""Which kernels an architecture exercises: from what its `config.json` says, and what its family does by default."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from apr_qa.catalog import _data
from apr_qa.catalog.families import family_for
from apr_qa.vocab.families import Constraints

LONG_CONTEXT_TOKENS = 4096
"""From more positions than these on, answers are long enough for a wrong rotation to add up."""
STATED = "stated"
_UNKNOWN = Constraints(attention=None, activation=None, norm=None, positions=None, mlp=None, bias=None, tied=None)
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
_BIASES = ("attention_bias", "use_qkv_bias", "qkv_bias")
_NORMS = {"layernorm": "LayerNorm", "rmsnorm": "RmsNorm"}
_POSITIONS = {"rope": "Rope", "absolute": "AbsolutePosition"}


@cache
def architectures() -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of each registry model's `config.json`, by model id; unknown keys are left out.

    `stated` is true when the numbers reproduce the published size of the model, so that they may be held against it.
    """
    rows = csv.DictReader(_data.text("architectures.csv").splitlines())
    return MappingProxyType({row.pop("model_id"): {k: _value(v) for k, v in row.items() if v} for row in rows})


def _value(text: str) -> Any:
    words = {"true": True, "false": False, "yes": True, "no": False}
    return words[text] if text in words else int(text) if text.isdigit() else text


def kernel_ops(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kernels that a model with this `config.json` exercises, as kernel profiles name them."""
    nested = config.get("text_config")
    said = {**config, **nested} if isinstance(nested, dict) else config
    family = family_for(said) or family_for(config)
    return tuple(_ops(said, family.constraints if family else _UNKNOWN))


def is_long(config: Mapping[str, Any]) -> bool:
    """Return whether the model takes long contexts; one that does not say is taken for short."""
    return _number(config, "max_position_embeddings") > LONG_CONTEXT_TOKENS


def _ops(config: Mapping[str, Any], family: Constraints) -> Iterator[str]:
    yield _attention(config, family)
    yield from (_NORMS[name] for name in (family.norm,) if name in _NORMS)
    if family.activation:
        yield "Silu" if family.activation == "silu" else "Gelu"
    if family.mlp == "gated" and family.activation == "silu":
        yield "SwiGlu"
    yield from (_POSITIONS[name] for name in (family.positions,) if name in _POSITIONS)
    if next((bool(config[key]) for key in _BIASES if key in config), family.bias):
        yield "BiasAdd"
    if _slides(config):
        yield "SlidingWindowAttention"
    if family.mlp == "moe" or any(_number(config, key) for key in _EXPERTS):
        yield "MixtureOfExperts"
    if config.get("tie_word_embeddings", family.tied):
        yield "TiedEmbeddings"


def _attention(config: Mapping[str, Any], family: Constraints) -> str:
    heads = _number(config, "num_attention_heads", "n_head")
    shared = 1 if config.get("multi_query") is True else _number(config, "num_key_value_heads", "num_kv_heads")
    kind = family.attention
    if kind in ("mha", "gqa", "mqa", None) and heads and shared:
        kind = "mqa" if shared == 1 else "mha" if shared == heads else "gqa"
    return {"gqa": "GroupedQueryAttention", "mqa": "MultiQueryAttention"}.get(kind or "", "MultiHeadAttention")


def _slides(config: Mapping[str, Any]) -> bool:
    """A window that is switched off, or as wide as the context, changes nothing."""
    window, context = _number(config, "sliding_window"), _number(config, "max_position_embeddings")
    return config.get("use_sliding_window") is not False and bool(window) and (not context or window < context)


def _number(config: Mapping[str, Any], *keys: str) -> int:
    return next((config[key] for key in keys if type(config.get(key)) is int), 0)
