"""What a model says of itself, in one shape: from config.json, from GGUF keys, from APR metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apr_qa.contracts.mapping import known
from apr_qa.gates._model_files import CONFIG, GENERATION, optional_json, read_json
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format
from apr_qa.weights import Header

_DIMENSIONS = ("num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Dimensions and numbers as declared; None means: not declared, or not a number of the right kind."""

    model_type: str
    layers: int | None
    hidden: int | None
    vocab: int | None
    heads: int | None
    kv_heads: int | None
    head_dim: int | None
    intermediate: int | None
    context: int | None
    rope_theta: float | None
    eps: float | None
    bos: int | None
    eos: tuple[int, ...]
    tied: bool | None
    dtype: str = ""
    quantized: bool = False


def facts_of(artefact: Artefact, header: Header) -> Facts:
    """Return the facts of one format from its own source. Raises BadFileError for a config.json that cannot be read."""
    if artefact.format is Format.GGUF:
        return _from_gguf(header)
    if artefact.format is Format.APR:
        return _from_apr(header.metadata)
    folder = artefact.folder
    return from_config(read_json(folder / CONFIG), optional_json(folder / GENERATION))


def from_config(config: Mapping[str, Any], generation: Mapping[str, Any]) -> Facts:
    """Return the facts of a Hugging Face `config.json`; a nested `text_config` is the text model's."""
    nested = config.get("text_config")
    text = {**_silent(config), **config, **(nested if isinstance(nested, dict) else {})}
    rope = text.get("rope_parameters")
    heads = _whole(text, "num_attention_heads", "n_head")
    hidden = _whole(text, "hidden_size", "n_embd", "d_model")
    default_kv = 1 if text.get("multi_query") is True else heads
    eos = generation.get("eos_token_id", text.get("eos_token_id"))
    return Facts(
        model_type=str(text.get("model_type", "")),
        layers=_whole(text, "num_hidden_layers", "n_layer", "num_layers"),
        hidden=hidden,
        vocab=_whole(text, "vocab_size"),
        heads=heads,
        kv_heads=_whole(text, "num_key_value_heads", "num_kv_heads") or default_kv,
        head_dim=_whole(text, "head_dim") or _share(hidden, heads),
        intermediate=_whole(text, "intermediate_size", "n_inner", "ffn_hidden_size"),
        context=_whole(text, "max_position_embeddings", "n_positions"),
        rope_theta=_real(rope if isinstance(rope, dict) else {}, "rope_theta")
        or _real(text, "rope_theta", "rotary_emb_base"),
        eps=_real(text, "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"),
        bos=_whole(text, "bos_token_id", least=0),
        eos=_ids(eos) or _ids(text.get("eos_token_id")),
        tied=text["tie_word_embeddings"] if isinstance(text.get("tie_word_embeddings"), bool) else None,
        dtype=str(text.get("dtype") or text.get("torch_dtype") or ""),
        quantized="quantization_config" in config or "quantization_config" in text,
    )


def _silent(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dimensions that the model's class takes where its config is silent, as the published Gemma 3 4b is."""
    model = known(config)
    return {name: model.spec.defaults[name] for name in _DIMENSIONS if name in model.spec.defaults} if model else {}


def _from_gguf(header: Header) -> Facts:
    keys = header.metadata
    arch = str(keys.get("general.architecture", ""))
    own = {name.removeprefix(f"{arch}."): value for name, value in keys.items() if name.startswith(f"{arch}.")}
    heads, hidden = _whole(own, "attention.head_count"), _whole(own, "embedding_length")
    tokens = keys.get("tokenizer.ggml.tokens")
    return Facts(
        model_type=arch,
        layers=_whole(own, "block_count"),
        hidden=hidden,
        vocab=_whole(own, "vocab_size") or (len(tokens) if isinstance(tokens, tuple) else None),
        heads=heads,
        kv_heads=_whole(own, "attention.head_count_kv") or heads,
        head_dim=_whole(own, "attention.key_length") or _share(hidden, heads),
        intermediate=_whole(own, "feed_forward_length"),
        context=_whole(own, "context_length"),
        rope_theta=_real(own, "rope.freq_base"),
        eps=_real(own, "attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"),
        bos=_whole(keys, "tokenizer.ggml.bos_token_id", least=0),
        eos=_ids(keys.get("tokenizer.ggml.eos_token_id")),
        tied="output.weight" not in header.tensors,
    )


def _from_apr(keys: Mapping[str, Any]) -> Facts:
    heads, hidden = _whole(keys, "num_heads"), _whole(keys, "hidden_size")
    return Facts(
        model_type=str(keys.get("hf_model_type") or keys.get("architecture") or ""),
        layers=_whole(keys, "num_layers"),
        hidden=hidden,
        vocab=_whole(keys, "vocab_size"),
        heads=heads,
        kv_heads=_whole(keys, "num_kv_heads") or heads,
        head_dim=_whole(keys, "head_dim") or _share(hidden, heads),
        intermediate=_whole(keys, "intermediate_size"),
        context=_whole(keys, "max_position_embeddings"),
        rope_theta=_real(keys, "rope_theta"),
        eps=_real(keys, "rms_norm_eps"),
        bos=_whole(keys, "tokenizer.bos_token_id", least=0),
        eos=_ids(keys.get("tokenizer.eos_token_id")),
        tied=keys["tied_embeddings"] if isinstance(keys.get("tied_embeddings"), bool) else None,
    )


def _whole(source: Mapping[str, Any], *names: str, least: int = 1) -> int | None:
    """Return the first of `names` that holds a whole number of at least `least`."""
    for name in names:
        value = source.get(name)
        if type(value) is int and value >= least:
            return value
    return None


def _real(source: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = source.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            return float(value)
    return None


def _ids(value: object) -> tuple[int, ...]:
    many = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(item for item in many if type(item) is int and item >= 0)


def _share(hidden: int | None, heads: int | None) -> int | None:
    return hidden // heads if hidden and heads else None
