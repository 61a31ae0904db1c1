"""Qwen 2, 2.5 and 3 (dense)."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

QWEN2 = Architecture(
    model_type="qwen2",
    class_name="Qwen2ForCausalLM",
    tensors=TENSORS,
    qkv_bias=True,
    window="upper",
)

QWEN3 = Architecture(
    model_type="qwen3",
    class_name="Qwen3ForCausalLM",
    tensors={
        **TENSORS,
        "q_norm": "model.layers.{n}.self_attn.q_norm.weight",
        "k_norm": "model.layers.{n}.self_attn.k_norm.weight",
    },
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    qk_norm="head",
    window="upper",
)
