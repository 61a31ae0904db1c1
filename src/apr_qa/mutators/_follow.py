"""A small converter: makes the GGUF and the APR file of a folder say what its SafeTensors files say.

Everything that the converted file cannot take from there (its own keys, its element types) is kept. On a healthy model
nothing changes, to the byte.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from apr_qa.mutators._apr import Apr, open_apr
from apr_qa.mutators._gguf import Gguf, open_gguf
from apr_qa.mutators._names import canonical_name
from apr_qa.mutators._safetensors import open_safetensors
from apr_qa.mutators._tensors import Floats, Stored, encode

TRUTH, GGUF, APR = "safetensors", "gguf", "apr"
_TEMPLATE = "tokenizer.chat_template"


def follow(folder: Path) -> None:
    """Convert the ground truth of `folder` again, into the formats that are there."""
    truth = open_safetensors(folder / TRUTH).tensors
    config = read_json(folder / TRUTH / "config.json")
    tokens, merges = vocabulary(folder / TRUTH, config)
    if (folder / GGUF).is_dir():
        gguf = open_gguf(folder / GGUF)
        _weights_of_gguf(gguf, truth, config)
        _keys_of_gguf(gguf, config)
        gguf.set("tokenizer.ggml.tokens", tokens)
        gguf.set("tokenizer.ggml.merges", merges)
        gguf.set(_TEMPLATE, (folder / TRUTH / "chat_template.jinja").read_text(encoding="utf-8"))
        gguf.save()
    if (folder / APR).is_dir():
        apr = open_apr(folder / APR)
        _weights_of_apr(apr, truth)
        _metadata_of_apr(apr, config, tokens, merges)
        apr.save()


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in `file`."""
    value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return value


def vocabulary(folder: Path, config: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the tokens in the order of their ids and the merges as `a b`."""
    tokenizer = read_json(folder / "tokenizer.json")
    named = {number: text for text, number in tokenizer["model"]["vocab"].items()}
    named |= {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    return [named.get(number, f"<unused{number}>") for number in range(config["vocab_size"])], merges


def interleaved(values: Floats, heads: int) -> Floats:
    """Return the rows of a q or k matrix (or bias) in the order that ggml's llama rotates: pairs side by side.

    Hugging Face rotates row `i` of a head with row `i + half`, ggml's llama row `2i` with row `2i + 1`.
    """
    rows = len(values)
    halves = values.reshape(heads, 2, rows // heads // 2, -1)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(values.shape)


def _weights_of_gguf(gguf: Gguf, truth: dict[str, Stored], config: dict[str, Any]) -> None:
    for name, stored in list(gguf.tensors.items()):
        source = truth.get(canonical_name(name))
        if source is None:
            del gguf.tensors[name]
            continue
        values = source.values()
        if config["model_type"] == "llama" and ("attn_q." in name or "attn_k." in name):
            key = "num_attention_heads" if "attn_q." in name else "num_key_value_heads"
            values = interleaved(values, config[key])
        stored.shape, stored.data = values.shape, encode(values, stored.dtype)


def _keys_of_gguf(gguf: Gguf, config: dict[str, Any]) -> None:
    arch = gguf.text("general.architecture")
    gguf.set(f"{arch}.rope.freq_base", config["rope_theta"])
    gguf.set(f"{arch}.attention.layer_norm_rms_epsilon", config["rms_norm_eps"])
    gguf.set(f"{arch}.context_length", config["max_position_embeddings"])
    gguf.set("tokenizer.ggml.eos_token_id", config["eos_token_id"])
    gguf.set("tokenizer.ggml.bos_token_id", config["bos_token_id"])


def _weights_of_apr(apr: Apr, truth: dict[str, Stored]) -> None:
    for name, stored in list(apr.tensors.items()):
        source = truth.get(name)
        if source is not None:
            stored.shape, stored.data = source.shape, source.data
        elif stored.data:  # (the empty placeholder of a tied head stays)
            del apr.tensors[name]


def _metadata_of_apr(apr: Apr, config: dict[str, Any], tokens: list[str], merges: list[str]) -> None:
    wanted = {
        "rope_theta": config["rope_theta"],
        "rms_norm_eps": config["rms_norm_eps"],
        "max_position_embeddings": config["max_position_embeddings"],
        "tokenizer.eos_token_id": config["eos_token_id"],
        "tokenizer.bos_token_id": config["bos_token_id"],
        "tokenizer.vocabulary": tokens,
        "tokenizer.merges": merges,
    }
    said = apr.said
    changes = {key: value for key, value in wanted.items() if said.get(key) != value}
    if changes:
        apr.say(**changes)
