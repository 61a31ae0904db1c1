"""Phi 1, 1.5 and 2 (parallel, layer norms, part of a head rotated) and Phi 3, 3.5 and 4 (fused, RMS norms)."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

PHI = Architecture(
    model_type="phi",
    class_name="PhiForCausalLM",
    tensors={
        "embedding": "model.embed_tokens.weight",
        "lm_head": "lm_head.weight",
        "final_norm": "model.final_layernorm.weight",
        "attn_norm": "model.layers.{n}.input_layernorm.weight",
        "q": "model.layers.{n}.self_attn.q_proj.weight",
        "k": "model.layers.{n}.self_attn.k_proj.weight",
        "v": "model.layers.{n}.self_attn.v_proj.weight",
        "o": "model.layers.{n}.self_attn.dense.weight",
        "up": "model.layers.{n}.mlp.fc1.weight",
        "down": "model.layers.{n}.mlp.fc2.weight",
    },
    norm="layer",
    norm_eps=Key("layer_norm_eps"),
    norm_bias=True,
    qkv_bias=True,
    out_bias=True,
    mlp="plain",
    mlp_bias=True,
    parallel=True,
    parallel_shares_norm=True,
    head_bias=True,
    rotary_fraction=Key("partial_rotary_factor"),
    only={"qk_layernorm": (None, False), "tie_word_embeddings": (None, False)},
)

PHI3 = Architecture(
    model_type="phi3",
    class_name="Phi3ForCausalLM",
    tensors={
        **{role: name for role, name in TENSORS.items() if role not in ("q", "k", "v", "gate", "up")},
        "qkv": "model.layers.{n}.self_attn.qkv_proj.weight",
        "gate_up": "model.layers.{n}.mlp.gate_up_proj.weight",
    },
    qkv="rows",
    mlp="gated_rows",
    rotary_fraction=Key("partial_rotary_factor", 1.0),
    window="all",
    only={"attention_bias": (None, False)},
)
