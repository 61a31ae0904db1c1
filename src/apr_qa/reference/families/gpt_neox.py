"""GPT-NeoX and Pythia: q, k and v of each head together, attention and MLP side by side."""

from apr_qa.reference.record import Architecture, Key

GPT_NEOX = Architecture(
    model_type="gpt_neox",
    class_name="GPTNeoXForCausalLM",
    tensors={
        "embedding": "gpt_neox.embed_in.weight",
        "lm_head": "embed_out.weight",
        "final_norm": "gpt_neox.final_layer_norm.weight",
        "attn_norm": "gpt_neox.layers.{n}.input_layernorm.weight",
        "ffn_norm": "gpt_neox.layers.{n}.post_attention_layernorm.weight",
        "qkv": "gpt_neox.layers.{n}.attention.query_key_value.weight",
        "o": "gpt_neox.layers.{n}.attention.dense.weight",
        "up": "gpt_neox.layers.{n}.mlp.dense_h_to_4h.weight",
        "down": "gpt_neox.layers.{n}.mlp.dense_4h_to_h.weight",
    },
    norm="layer",
    norm_eps=Key("layer_norm_eps"),
    norm_bias=True,
    qkv="per_head",
    qkv_bias=Key("attention_bias", True),
    out_bias=Key("attention_bias", True),
    mlp="plain",
    mlp_bias=True,
    parallel=Key("use_parallel_residual", True),
    rope_theta_key="rotary_emb_base",
    rotary_fraction=Key("rotary_pct"),
)
