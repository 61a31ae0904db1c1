"""Granite 3: Llama with four multipliers."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

GRANITE = Architecture(
    model_type="granite",
    class_name="GraniteForCausalLM",
    tensors=TENSORS,
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    mlp_bias=Key("mlp_bias", False),
    query_scale=Key("attention_multiplier"),
    embedding_scale=Key("embedding_multiplier"),
    residual_scale=Key("residual_multiplier"),
    logits_divisor=Key("logits_scaling"),
)
