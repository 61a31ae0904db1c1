"""Copies of the tiny models broken in one way each, and the gate that must see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from file_harms import (
    DOWN,
    EMBEDDING,
    K_PROJ,
    NORM,
    UP,
    Tensors,
    add,
    apr_flags,
    as_float32,
    cut,
    drop,
    flip,
    in_gguf,
    link_outside,
    put,
    remove,
    reshape,
    rows,
    settings,
    template,
    tensors,
    tokenizer,
)

from apr_qa.vocab.axes import Format

TWO_SYSTEM_TURNS = (
    "<|im_start|>system\nYou are a pirate.<|im_end|>\n{% for m in messages %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}<|im_start|>assistant\n"
)


def no_bias(found: Tensors) -> None:
    """Set every bias to zero, as a converter does that knows none."""
    for name, entry in found.items():
        if name.endswith(".bias"):
            entry["data"] = bytes(len(entry["data"]))


@dataclass(frozen=True)
class Broken:
    """One fault: the gate, a name, what is done to a copy of the model, and in which format it shows."""

    gate: str
    name: str
    harm: Callable[[Path], None]
    form: Format = Format.SAFETENSORS
    model: str = "tiny"


OTHER_END = "<|endofline|>"
ST = "safetensors/model.safetensors"
SHARD = "safetensors/model-00002-of-00002.safetensors"
BROKEN = (
    Broken("G0-INTEGRITY-FILES", "no tokenizer", remove("safetensors/tokenizer.json")),
    Broken("G0-INTEGRITY-FILES", "no config", remove("safetensors/config.json")),
    Broken("G0-INTEGRITY-FILES", "a pickle", add("pytorch_model.bin")),
    Broken("G0-INTEGRITY-FILES", "code", add("modeling_tiny.py")),
    Broken("G0-INTEGRITY-FILES", "an unknown kind", add("weights.xyz")),
    Broken("G0-INTEGRITY-FILES", "code asked for", settings("config.json", auto_map={"AutoModel": "x.Y"})),
    Broken("G0-INTEGRITY-FILES", "a link to the outside", link_outside),
    Broken("G0-INTEGRITY-FILES", "a shard gone", remove(SHARD), model="tiny-llama"),
    Broken("G0-INTEGRITY-HEADER", "cut", cut(ST, 100)),
    Broken("G0-INTEGRITY-HEADER", "cut GGUF", cut("gguf/model-f16.gguf", 4000), Format.GGUF),
    Broken("G0-INTEGRITY-HEADER", "APR byte flipped", flip("apr/model.apr", -5000), Format.APR),
    Broken("G0-INTEGRITY-HEADER", "cut shard", cut(SHARD, 2), model="tiny-llama"),
    Broken("G0-INTEGRITY-CONFIG", "no JSON", add("config.json", b"{")),
    Broken("G0-INTEGRITY-CONFIG", "other heads", settings("config.json", num_key_value_heads=4)),
    Broken("G0-INTEGRITY-CONFIG", "heads that do not share", settings("config.json", num_key_value_heads=3)),
    Broken("G0-INTEGRITY-CONFIG", "other width of heads", settings("config.json", head_dim=32)),
    Broken("G0-INTEGRITY-CONFIG", "other MLP", settings("config.json", intermediate_size=768)),
    Broken("G0-INTEGRITY-CONFIG", "untied without head", settings("config.json", tie_word_embeddings=False)),
    Broken("G0-INTEGRITY-CONFIG", "a number as text", settings("config.json", hidden_size="256")),
    Broken("G0-INTEGRITY-CONFIG", "k swapped", tensors(reshape(K_PROJ, 256, 128))),
    Broken("G0-INTEGRITY-LAYERS", "a layer missing", tensors(drop("layers.1."))),
    Broken("G0-INTEGRITY-LAYERS", "more declared", settings("config.json", num_hidden_layers=3)),
    Broken("G0-INTEGRITY-LAYERS", "fewer declared", settings("config.json", num_hidden_layers=1)),
    Broken("G0-INTEGRITY-HIDDEN", "other width", settings("config.json", hidden_size=512)),
    Broken("G0-INTEGRITY-VOCAB", "more tokens than rows", settings("config.json", vocab_size=704)),
    Broken("G0-INTEGRITY-VOCAB", "odd padding", tensors(rows(5))),
    Broken("G0-INTEGRITY-VOCAB", "too much padding", tensors(rows(1024))),
    Broken("G0-INTEGRITY-DTYPE", "declared otherwise", settings("config.json", torch_dtype="float16")),
    Broken("G0-INTEGRITY-DTYPE", "stored otherwise", tensors(as_float32)),
    Broken(
        "G0-INTEGRITY-DTYPE",
        "GGUF file type",
        in_gguf(b"general.file_type\x04\0\0\0\x01", b"general.file_type\x04\0\0\0\x07"),
        Format.GGUF,
    ),
    Broken("G0-INTEGRITY-VALUES", "one NaN", tensors(put(DOWN, float("nan"), count=1))),
    Broken("G0-INTEGRITY-VALUES", "infinite", tensors(put(NORM, float("inf"), count=1))),
    Broken("G0-INTEGRITY-VALUES", "zeros", tensors(put(UP, 0.0))),
    Broken("G0-INTEGRITY-VALUES", "constant", tensors(put(UP, 0.5))),
    Broken(
        "G0-INTEGRITY-VALUES",
        "a copied layer",
        tensors(lambda found: found["model.layers.1.mlp.up_proj.weight"].update(data=found[UP]["data"])),
    ),
    Broken("G0-INTEGRITY-VALUES", "every bias is zero", tensors(no_bias)),
    Broken("G0-LAYOUT-001", "columns first", tensors(reshape(DOWN, 512, 256))),
    Broken("G0-LAYOUT-001", "embedding columns first", tensors(reshape(EMBEDDING, 256, 640))),
    Broken("G0-LAYOUT-001", "column-major APR", apr_flags(0x0400 | 0x0800), Format.APR),
    Broken("G0-INTEGRITY-TOKENIZER", "no JSON", add("tokenizer.json", b"[]")),
    Broken("G0-INTEGRITY-TOKENIZER", "no merges", tokenizer(lambda t: t["model"].update(merges=[]))),
    Broken("G0-INTEGRITY-TOKENIZER", "foreign merge", tokenizer(lambda t: t["model"]["merges"].append("zq qz"))),
    Broken("G0-INTEGRITY-TOKENIZER", "a merge of three", tokenizer(lambda t: t["model"]["merges"].append("a b c"))),
    Broken("G0-INTEGRITY-TOKENIZER", "one id twice", tokenizer(lambda t: t["model"]["vocab"].update({"zz": 1}))),
    Broken("G0-INTEGRITY-TOKENIZER", "beyond the rows", tokenizer(lambda t: t["model"]["vocab"].update({"zz": 999}))),
    Broken("G0-INTEGRITY-TOKENIZER", "no end token", settings("generation_config.json", eos_token_id=2000)),
    Broken("G0-INTEGRITY-TEMPLATE", "a second system turn", template(TWO_SYSTEM_TURNS)),
    Broken("G0-INTEGRITY-TEMPLATE", "does not parse", template("{% for m in messages %}")),
    Broken("G0-INTEGRITY-TEMPLATE", "escapes", template("{{ messages.__class__.__mro__ }}")),
    Broken("G0-INTEGRITY-TEMPLATE", "filter attr", template("{{ messages|attr('x') }}")),
    Broken("G0-INTEGRITY-TEMPLATE", "imports", template("{% import 'x' as y %}")),
    Broken("G0-INTEGRITY-TEMPLATE", "drops the question", template("{{ messages[0].role }}")),
    Broken("G0-INTEGRITY-TEMPLATE", "fails", template("{{ messages[0].content + 1 }}")),
    Broken("G0-INTEGRITY-TEMPLATE", "refuses", template("{{ raise_exception('no') }}")),
    Broken("G0-INTEGRITY-TEMPLATE", "counts for ever", template("{% for i in range(10**12) %}{% endfor %}")),
    Broken("F-COMP-META-001", "eos of the tokenizer", settings("tokenizer_config.json", eos_token=OTHER_END)),
    Broken("F-COMP-META-001", "two templates", template("{{ messages[0].content }}")),
    Broken("F-COMP-META-001", "rope base", settings("config.json", rope_theta=10000.0), Format.GGUF),
    Broken("F-COMP-META-001", "norm epsilon", settings("config.json", rms_norm_eps=1e-6), Format.APR),
    Broken("F-COMP-META-001", "context", settings("config.json", max_position_embeddings=4096), Format.GGUF),
    Broken("F-COMP-META-001", "end token", settings("generation_config.json", eos_token_id=1), Format.APR),
    Broken("F-COMP-META-001", "GGUF template", in_gguf(b"<|im_start|>' + m", b"<|im_start|>' ~ m"), Format.GGUF),
)
