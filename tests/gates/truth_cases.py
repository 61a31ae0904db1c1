"""Conversions of the tiny models with one fault each, and which of the gates of truth must see it."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from file_harms import in_gguf

from apr_qa.vocab.axes import Format
from apr_qa.weights import read_header

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from clean_conversions import Change, Tensors, permuted, to_apr, to_gguf

I1, I5 = "F-CONTRACT-I1-001", "F-CONTRACT-I5-001"
EMBEDDING, K = "model.embed_tokens.weight", "model.layers.0.self_attn.k_proj.weight"
Harm = Callable[[Path], None]


@dataclass(frozen=True)
class Faulty:
    """One fault: what is done to a copy of the model in `root`, and in which format it shows."""

    gate: str
    name: str
    harm: Harm
    form: Format = Format.GGUF
    quantization: str = "f16"
    model: str = "tiny"


def gguf(dtype: str, change: Change | None = None, *, called: str = "") -> Harm:
    """Return a harm that converts again, with `change` on the way; `called`: what the file says it is."""

    def harm(root: Path) -> None:
        file = root / "gguf" / f"model-{called or dtype}.gguf"
        to_gguf(root / "safetensors", root / "gguf" / "model-f16.gguf", root / "new", dtype.removesuffix("_m"), change)
        (root / "new").replace(file)
        if called:
            code = struct.pack("<I", {"q8_0": 7}[called])
            data = file.read_bytes()
            place = data.index(b"general.file_type") + len("general.file_type") + 4
            file.write_bytes(data[:place] + code + data[place + 4 :])

    return harm


def apr(dtype: str = "bf16", change: Change | None = None, **meta: object) -> Harm:
    """Return a harm that writes the APR file again, with `change` on the way and `meta` in its metadata."""
    return lambda root: (
        to_apr(root / "safetensors", root / "apr" / "model.apr", root / "apr" / "model.apr", dtype, change, **meta)
        and None
    )


def number(old: float, new: float, *, quantization: str = "f16") -> Harm:
    """Return a harm that replaces a float32 among the keys of a GGUF file."""

    def harm(root: Path) -> None:
        file = root / "gguf" / f"model-{quantization}.gguf"
        data = file.read_bytes()
        assert struct.pack("<f", old) in data[:4096]
        file.write_bytes(data.replace(struct.pack("<f", old), struct.pack("<f", new), 1))

    return harm


def swapped_rows(found: Tensors) -> None:
    found[EMBEDDING][[70, 101]] = found[EMBEDDING][[101, 70]]


def permuted_k(found: Tensors) -> None:
    found[K] = permuted(found[K], 2)


def added_one(found: Tensors) -> None:
    found["model.layers.1.input_layernorm.weight"] += 1


def no_number(found: Tensors) -> None:
    found["model.layers.0.mlp.up_proj.weight"][3, 3] = float("nan")


def flipped_sign(found: Tensors) -> None:
    found["model.layers.0.mlp.up_proj.weight"][3, 3] *= -1


def apr_metadata(**changes: Callable[[list[str]], list[str]]) -> Harm:
    """Return a harm that changes lists of the APR file's tokenizer."""

    def harm(root: Path) -> None:
        known = read_header(root / "apr" / "model.apr").metadata
        lists = {f"tokenizer.{name}": list(known[f"tokenizer.{name}"]) for name in changes}  # type: ignore[call-overload]
        apr(**{key: changes[key.removeprefix("tokenizer.")](value) for key, value in lists.items()})(root)

    return harm


def exchanged(tokens: list[str]) -> list[str]:
    tokens[300], tokens[301] = tokens[301], tokens[300]
    return tokens


FAULTY = (
    Faulty(I1, "norm epsilon", number(3e-6, 1e-6)),
    Faulty(I1, "norm epsilon of tiny-llama", number(2e-5, 1e-5), model="tiny-llama"),
    Faulty(I1, "rope base", number(250000.0, 10000.0)),
    Faulty(I1, "rope base in eight bits", number(250000.0, 300000.0, quantization="q8_0"), quantization="q8_0"),
    Faulty(I1, "norm plus one", gguf("f16", added_one)),
    Faulty(I1, "norm plus one in eight bits", gguf("q8_0", added_one), quantization="q8_0"),
    Faulty(I1, "k permuted", gguf("f16", permuted_k)),
    Faulty(I1, "k permuted twice", gguf("q8_0", permuted_k), quantization="q8_0", model="tiny-llama"),
    Faulty(I1, "vocabulary rows swapped", gguf("q8_0", swapped_rows), quantization="q8_0"),
    Faulty(I1, "one sign flipped", gguf("f16", flipped_sign)),
    Faulty(I1, "four bits called eight", gguf("q4_0", called="q8_0"), quantization="q8_0"),
    Faulty(I1, "no number", gguf("f16", no_number)),
    Faulty(I1, "APR norm plus one", apr(change=added_one), Format.APR),
    Faulty(I1, "APR rope base", apr(rope_theta=10000.0), Format.APR),
    Faulty(I1, "APR context", apr(max_position_embeddings=64), Format.APR),
    Faulty(I5, "other template", in_gguf(b"<|im_start|>' + m", b"<|im_start|> '+ m")),
    Faulty(I5, "merges dropped", apr_metadata(merges=lambda _merges: []), Format.APR),
    Faulty(I5, "one merge missing", apr_metadata(merges=lambda merges: merges[:200] + merges[201:]), Format.APR),
    Faulty(I5, "tokens swapped", apr_metadata(vocabulary=exchanged), Format.APR),
    Faulty(I5, "no end token", apr_metadata(vocabulary=lambda v: [*v[:-1], "<unused>"]), Format.APR),
    Faulty(I5, "other split rule", in_gguf(struct.pack("<Q", 5) + b"qwen2\x15", struct.pack("<Q", 5) + b"gpt-2\x15")),
    Faulty(I5, "no tokenizer", lambda root: (root / "safetensors" / "tokenizer.json").unlink()),
    Faulty(I5, "begin token added", in_gguf(b"add_bos_token\x07\0\0\0\0", b"add_bos_token\x07\0\0\0\x01")),
    Faulty(I5, "fewer rows than tokens", gguf("f16", lambda found: found.update({EMBEDDING: found[EMBEDDING][:600]}))),
)
