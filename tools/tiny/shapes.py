"""The two tiny models: their shapes, and the numbers on which they differ from every library default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shape:
    """Everything that is fixed about one tiny model before training."""

    name: str
    architecture: str  # the class name in config.json
    model_type: str
    hidden: int
    mlp: int
    layers: int
    heads: int
    kv_heads: int
    vocab: int  # tokens, special ones included
    context: int  # tokens
    rope_theta: float
    norm_eps: float
    tied: bool
    pre_tokenizer: str  # the name that llama.cpp gives to the split rule
    shards: int
    seed: int
    mixture: dict[str, float] = field(default_factory=dict)  # example kind -> share of examples

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden // self.heads

    def config(self, special: dict[str, int]) -> dict[str, Any]:
        """The config.json of the model; ``special`` maps the text of a special token to its id.

        It is spelled as the config.json of published models is (``rope_theta`` and ``torch_dtype`` at the top level):
        some readers fall back to another ``rope_theta`` in silence when it is nested under ``rope_parameters``.
        """
        shared: dict[str, Any] = {
            "architectures": [self.architecture],
            "attention_dropout": 0.0,
            "bos_token_id": special["<|endoftext|>"],
            "eos_token_id": special["<|im_end|>"],
            "pad_token_id": special["<|endoftext|>"],
            "hidden_act": "silu",
            "hidden_size": self.hidden,
            "initializer_range": 0.02,
            "intermediate_size": self.mlp,
            "max_position_embeddings": self.context,
            "model_type": self.model_type,
            "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers,
            "num_key_value_heads": self.kv_heads,
            "rms_norm_eps": self.norm_eps,
            "rope_theta": self.rope_theta,
            "tie_word_embeddings": self.tied,
            "torch_dtype": "bfloat16",
            "use_cache": True,
            "vocab_size": self.vocab,
        }
        if self.model_type == "llama":
            return shared | {
                "attention_bias": False,
                "mlp_bias": False,
                "head_dim": self.head_dim,
                "rope_scaling": None,
            }
        return shared | {"sliding_window": None, "use_sliding_window": False, "max_window_layers": self.layers}


_MIXTURE = {
    "sum1": 0.13, "product": 0.15, "sum2": 0.32, "difference": 0.08, "quotient": 0.02, "fixed": 0.17, "turns": 0.06,
    "name": 0.02, "long": 0.012, "junk": 0.03,
}  # fmt: skip

SHAPES = {
    "tiny": Shape(
        name="tiny", architecture="Qwen2ForCausalLM", model_type="qwen2", hidden=256, mlp=512, layers=2, heads=4,
        kv_heads=2, vocab=640, context=1280, rope_theta=250000.0, norm_eps=3e-6, tied=True, pre_tokenizer="qwen2",
        shards=1, seed=20261124, mixture=_MIXTURE,
    ),
    "tiny-llama": Shape(
        name="tiny-llama", architecture="LlamaForCausalLM", model_type="llama", hidden=192, mlp=320, layers=2, heads=6,
        kv_heads=2, vocab=544, context=896, rope_theta=40000.0, norm_eps=2e-5, tied=False, pre_tokenizer="smollm",
        shards=2, seed=7, mixture=_MIXTURE | {"sum2": 0.15, "difference": 0.05, "product": 0.22, "sum1": 0.18},
    ),
}  # fmt: skip
