"""OLMo 1 (norms without parameters) and OLMo 2 (norms after the sublayers, q and k normed over all heads)."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

OLMO = Architecture(
    model_type="olmo",
    class_name="OlmoForCausalLM",
    tensors=TENSORS,
    norm="bare",
    norm_eps=1e-5,  # fixed in the class
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    clip_qkv=Key("clip_qkv", None),
)

OLMO2 = Architecture(
    model_type="olmo2",
    class_name="Olmo2ForCausalLM",
    tensors={
        **{role: name for role, name in TENSORS.items() if role not in ("attn_norm", "ffn_norm")},
        "attn_post_norm": "model.layers.{n}.post_attention_layernorm.weight",
        "ffn_post_norm": "model.layers.{n}.post_feedforward_layernorm.weight",
        "q_norm": "model.layers.{n}.self_attn.q_norm.weight",
        "k_norm": "model.layers.{n}.self_attn.k_norm.weight",
    },
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    qk_norm="full",
)
