"""Llama and Mistral."""

from apr_qa.reference.record import Architecture, Key

TENSORS = {
    "embedding": "model.embed_tokens.weight",
    "lm_head": "lm_head.weight",
    "final_norm": "model.norm.weight",
    "attn_norm": "model.layers.{n}.input_layernorm.weight",
    "ffn_norm": "model.layers.{n}.post_attention_layernorm.weight",
    "q": "model.layers.{n}.self_attn.q_proj.weight",
    "k": "model.layers.{n}.self_attn.k_proj.weight",
    "v": "model.layers.{n}.self_attn.v_proj.weight",
    "o": "model.layers.{n}.self_attn.o_proj.weight",
    "gate": "model.layers.{n}.mlp.gate_proj.weight",
    "up": "model.layers.{n}.mlp.up_proj.weight",
    "down": "model.layers.{n}.mlp.down_proj.weight",
}

LLAMA = Architecture(
    model_type="llama",
    class_name="LlamaForCausalLM",
    tensors=TENSORS,
    qkv_bias=Key("attention_bias", False),
    out_bias=Key("attention_bias", False),
    mlp_bias=Key("mlp_bias", False),
    rope_theta_default=10000.0,  # Llama 2 configs are older than the key
    only={"pretraining_tp": (None, 1, 2, 4, 8)},  # how it was trained; the sums are the same
)

MISTRAL = Architecture(
    model_type="mistral",
    class_name="MistralForCausalLM",
    tensors=TENSORS,
    window="all",
    only={"attention_bias": (None, False), "mlp_bias": (None, False)},
)
