"""StarCoder 2: layer norms and biases throughout, a plain MLP, a sliding window."""

from apr_qa.reference.families.llama import TENSORS
from apr_qa.reference.record import Architecture, Key

STARCODER2 = Architecture(
    model_type="starcoder2",
    class_name="Starcoder2ForCausalLM",
    tensors={
        **{role: name for role, name in TENSORS.items() if role != "gate"},
        "up": "model.layers.{n}.mlp.c_fc.weight",
        "down": "model.layers.{n}.mlp.c_proj.weight",
    },
    norm="layer",
    norm_eps=Key("norm_epsilon"),
    norm_bias=True,
    qkv_bias=Key("use_bias", True),
    out_bias=Key("use_bias", True),
    mlp="plain",
    mlp_bias=Key("use_bias", True),
    tied=Key("tie_word_embeddings", True),
    window="all",
)
