"""Gemma 1 and 2: norm weights stored less one, embeddings scaled by the root of the hidden size."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

_TANH_ONLY = {
    # Early Gemma 1 configs say "gelu" and mean the tanh form; which one an engine takes differs, so it is refused.
    "hidden_act": (None, "gelu_pytorch_tanh"),
    "hidden_activation": (None, "gelu_pytorch_tanh"),
    "use_bidirectional_attention": (None, False),
}

GEMMA = Architecture(
    model_type="gemma",
    class_name="GemmaForCausalLM",
    tensors=TENSORS,
    norm_offset=1.0,
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    tied=Key("tie_word_embeddings", True),
    embedding_scale="sqrt_hidden",
    only=_TANH_ONLY,
)

GEMMA2 = Architecture(
    model_type="gemma2",
    class_name="Gemma2ForCausalLM",
    tensors={
        **TENSORS,
        "attn_post_norm": "model.layers.{n}.post_attention_layernorm.weight",
        "ffn_norm": "model.layers.{n}.pre_feedforward_layernorm.weight",
        "ffn_post_norm": "model.layers.{n}.post_feedforward_layernorm.weight",
    },
    norm_offset=1.0,
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    tied=Key("tie_word_embeddings", True),
    window="alternate",
    query_scale=Key("query_pre_attn_scalar"),
    query_scale_power=-0.5,
    attention_softcap=Key("attn_logit_softcapping", None),
    final_softcap=Key("final_logit_softcapping", None),
    embedding_scale="sqrt_hidden",
    only=_TANH_ONLY,
)
