"""config.json against the tensors, or against what the model was trained with."""

from __future__ import annotations

from apr_qa.mutators._planting import Apply, settings
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place

_CONFIG = "config.json"


def _fault(name: str, apply: Apply, summary: str, words: tuple[str, ...], *, gateway: bool = False) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.CONFIG,
        summary=summary,
        breaks="The engine builds another model than the one whose weights it loads.",
        places=(Place.SAFETENSORS,),
        apply=apply,
        words=words,
        gateway=gateway,
    )


def _shape(name: str, summary: str, *words: str, **changes: object) -> Mutator:
    return _fault(name, settings(_CONFIG, **changes), summary, words, gateway=True)


def _number(name: str, summary: str, *words: str, **changes: object) -> Mutator:
    return _fault(name, settings(_CONFIG, **changes), summary, words)


MUTATORS = (
    _shape("config-hidden", "The hidden size is twice the stored one.", "hidden", hidden_size=512),
    _shape("config-layers", "One layer more is declared than stored.", "layer", num_hidden_layers=3),
    _shape("config-kv-heads", "As many key heads as query heads are declared.", "head", num_key_value_heads=4),
    _shape("config-mlp", "Another width of the MLP is declared.", "intermediate", "mlp", intermediate_size=768),
    _shape("config-vocab", "More tokens are declared than the embedding has rows.", "vocab", vocab_size=704),
    _shape("config-untied", "An untied head is declared and not stored.", "tie", "head", tie_word_embeddings=False),
    _shape("config-dtype", "Another element type is declared.", "type", torch_dtype="float32"),
    _shape(
        "config-code",
        "config.json asks for code of the repository (auto_map).",
        "auto_map",
        "code",
        auto_map={"AutoModelForCausalLM": "modeling_tiny.TinyForCausalLM"},
    ),
    _number("config-rope-base", "The base of the rotary embedding is 10000.", "rope_theta", rope_theta=10_000.0),
    _number(
        "config-rope-base-near",
        "The base of the rotary embedding is 1.2 times as large.",
        "rope_theta",
        rope_theta=300_000.0,
    ),
    _number("config-eps", "The epsilon of the norms is 1e-6.", "eps", rms_norm_eps=1e-6),
    _number(
        "config-context", "The context length is four times the trained one.", "context", max_position_embeddings=5120
    ),
    _number(
        "config-architecture",
        "Another architecture of the same shapes is named, which has no biases.",
        "architecture",
        "model_type",
        architectures=["LlamaForCausalLM"],
        model_type="llama",
    ),
)
