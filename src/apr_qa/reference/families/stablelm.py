"""StableLM 2 and 3B: layer norms with a gated MLP, a quarter of each head rotated."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

STABLELM = Architecture(
    model_type="stablelm",
    class_name="StableLmForCausalLM",
    tensors={
        **TENSORS,
        "q_norm": "model.layers.{n}.self_attn.q_layernorm.norms.{h}.weight",
        "k_norm": "model.layers.{n}.self_attn.k_layernorm.norms.{h}.weight",
    },
    norm="layer",
    norm_eps=Key("layer_norm_eps"),
    norm_bias=True,
    qkv_bias=Key("use_qkv_bias", False),
    qk_norm="heads",
    qk_normed=Key("qk_layernorm", False),
    parallel=Key("use_parallel_residual", False),
    parallel_shares_norm=True,
    rotary_fraction=Key("partial_rotary_factor"),
)
