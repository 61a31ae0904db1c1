"""How GGUF writes each family: tensor names, what the converter did to the values, and what it leaves unsaid.

Sources: `families-facts`; each dialect is held against llama.cpp on a converted fixture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from apr_qa.reference.families import FAMILIES
from apr_qa.reference.record import Architecture, Key

NAMES = {
    "embedding": "token_embd.weight",
    "lm_head": "output.weight",
    "final_norm": "output_norm.weight",
    "attn_norm": "blk.{n}.attn_norm.weight",
    "attn_post_norm": "blk.{n}.post_attention_norm.weight",
    "ffn_norm": "blk.{n}.ffn_norm.weight",
    "ffn_post_norm": "blk.{n}.post_ffw_norm.weight",
    "qkv": "blk.{n}.attn_qkv.weight",
    "q": "blk.{n}.attn_q.weight",
    "k": "blk.{n}.attn_k.weight",
    "v": "blk.{n}.attn_v.weight",
    "o": "blk.{n}.attn_output.weight",
    "q_norm": "blk.{n}.attn_q_norm.weight",
    "k_norm": "blk.{n}.attn_k_norm.weight",
    "gate": "blk.{n}.ffn_gate.weight",
    "up": "blk.{n}.ffn_up.weight",
    "gate_up": "blk.{n}.ffn_up.weight",
    "down": "blk.{n}.ffn_down.weight",
}
"""Role -> GGUF tensor name; the same for all families."""

RMS, LAYER = "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One value of `general.architecture`."""

    family: Architecture
    """As GGUF stores it: GGUF names, norm offsets already added, fused rows regrouped."""
    eps: str = RMS
    permuted: bool = False
    """The rows of each head of q and k alternate between its halves, for readers that turn adjacent pairs."""
    unsaid: Mapping[str, object] = field(default_factory=dict)
    """Config keys that GGUF does not hold because every model of the architecture has them so."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Further config key -> GGUF key, after the prefix of the architecture."""


def _stored(model_type: str, qkv: str | None = None) -> Architecture:
    """Return the family as its GGUF files hold it; which biases there are is read off the tensors."""
    family = FAMILIES[model_type]
    # Norms of each head apart are stacked in one tensor, which is not read: such a file has tensors without a place.
    apart = ("q_norm", "k_norm") if family.qk_norm == "heads" else ()
    return replace(
        family,
        tensors={role: NAMES[role] for role in family.tensors if role not in apart},
        norm_offset=0.0,
        qk_norm=None if apart else family.qk_norm,
        qkv=qkv or family.qkv,
        qkv_bias=Key("gguf.qkv_bias"),
        out_bias=Key("gguf.out_bias"),
        mlp_bias=Key("gguf.mlp_bias"),
        tied=Key("gguf.tied"),
        norm_eps=Key("gguf.eps"),
        rope_theta_key="rope_theta",
        rotary_fraction=Key("gguf.rotary_fraction"),
        only={},
    )


_SILU = {"hidden_act": "silu"}
_TANH = {"hidden_act": "gelu_pytorch_tanh"}

DIALECTS: dict[str, Dialect] = {
    "llama": Dialect(family=_stored("llama"), permuted=True, unsaid=_SILU),
    "qwen2": Dialect(family=_stored("qwen2"), unsaid=_SILU),
    "qwen3": Dialect(family=_stored("qwen3"), unsaid=_SILU),
    "gemma": Dialect(family=_stored("gemma"), unsaid=_TANH),
    "gemma2": Dialect(
        family=_stored("gemma2"),
        unsaid=_TANH,
        keys={
            "attn_logit_softcapping": "attn_logit_softcapping",
            "final_logit_softcapping": "final_logit_softcapping",
            "sliding_window": "attention.sliding_window",
        },
    ),
    "phi2": Dialect(family=_stored("phi"), eps=LAYER, unsaid={"hidden_act": "gelu_new"}),
    "phi3": Dialect(family=_stored("phi3"), unsaid=_SILU, keys={"sliding_window": "attention.sliding_window"}),
    "gptneox": Dialect(
        family=_stored("gpt_neox", qkv="rows"),
        eps=LAYER,
        unsaid={"hidden_act": "gelu"},
        keys={"use_parallel_residual": "use_parallel_residual"},
    ),
    "stablelm": Dialect(
        family=_stored("stablelm"),
        eps=LAYER,
        unsaid=_SILU,
        keys={"use_parallel_residual": "use_parallel_residual"},
    ),
    "starcoder2": Dialect(family=_stored("starcoder2"), eps=LAYER, unsaid=_TANH),
    "olmo2": Dialect(family=_stored("olmo2"), unsaid=_SILU),
    "granite": Dialect(
        family=_stored("granite"),
        permuted=True,
        unsaid=_SILU,
        keys={
            "attention_multiplier": "attention.scale",
            "embedding_multiplier": "embedding_scale",
            "residual_multiplier": "residual_scale",
            "logits_scaling": "logit_scale",
        },
    ),
}
"""`general.architecture` -> how its files are read."""
