"""Converted files that break one invariant each, and the words that must name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from conversions import Tensors, clean, write
from fault_cases import Q, permute, put, swap
from file_harms import EMBEDDING, K_PROJ, drop, load, save

from apr_qa.vocab.axes import Format

I2, I3, I4 = (f"F-CONTRACT-I{n}-001" for n in (2, 3, 4))
F16, Q8, Q4_K_M = 1, 7, 15
Change = Callable[[Tensors], object]


@dataclass(frozen=True)
class Breach:
    """One broken invariant."""

    gate: str
    name: str
    harm: Callable[[Path], object]
    """Done to a copy of the model's folder."""
    words: str
    model: str = "tiny"
    form: Format = Format.GGUF


def gguf(
    change: Change, dtype: str = "f16", file_type: int | None = F16, model: str = "tiny"
) -> Callable[[Path], object]:
    """Return a harm that replaces the GGUF file by one with changed tensors."""

    def harm(root: Path) -> None:
        found = {name: np.array(values) for name, values in clean(model).items()}
        change(found)
        write(root / "gguf" / "model-f16.gguf", found, dtype, file_type)

    return harm


def truth(change: Callable[..., object]) -> Callable[[Path], object]:
    """Return a harm that changes the ground truth instead."""

    def harm(root: Path) -> None:
        file = root / "safetensors" / "model.safetensors"
        found = load(file)
        change(found)
        save(file, found)

    return harm


def leave(_tensors: Tensors) -> None:
    """Change nothing."""


def without(name: str) -> Change:
    return lambda tensors: tensors.pop(name)


def with_stray(tensors: Tensors) -> None:
    tensors["blk.0.attn_extra.weight"] = np.ones((4, 32), dtype=np.float32)


def turned(name: str) -> Change:
    return put(name, lambda w: w.T)


def row_swap(tensors: dict[str, dict[str, object]]) -> None:
    data = tensors[EMBEDDING]["data"]
    assert isinstance(data, bytes)
    row = 512
    tensors[EMBEDDING]["data"] = data[:row] + data[2 * row : 3 * row] + data[row : 2 * row] + data[3 * row :]


BREACHES = (
    Breach(I2, "a bias missing", gguf(without("blk.0.attn_q.bias")), "blk.0.attn_q.bias is missing"),
    Breach(I2, "a stray tensor", gguf(with_stray), "blk.0.attn_extra.weight comes from nothing"),
    Breach(I2, "turned round", gguf(turned("blk.0.ffn_up.weight")), "the same turned round"),
    Breach(I2, "a truth that lacks k", truth(drop(K_PROJ)), "comes from nothing", form=Format.APR),
    Breach(I3, "F32 where Q8_0 is declared", gguf(leave, "f32", Q8), "is f32: not quantised"),
    Breach(I3, "Q4_0 where Q8_0 is declared", gguf(leave, "q4_0", Q8), "fewer bits"),
    Breach(I3, "F32 and nothing declared", gguf(leave, "f32", None), "F32 by default"),
    Breach(I3, "Q8_0 in a name that says F16", gguf(leave, "q8_0", Q8), "declares q8_0, its name declares f16"),
    Breach(I4, "k and v swapped", gguf(swap("blk.0.attn_k.weight", "blk.0.attn_v.weight")), "are swapped"),
    Breach(
        I4,
        "permutation missing",
        gguf(put(Q, permute(6, back=True)), model="tiny-llama"),
        "blk.0.attn_q.weight: q/k row permutation missing; residual 1",
        model="tiny-llama",
    ),
    Breach(I4, "the truth's rows swapped", truth(row_swap), "rows 1 and 2 are swapped", form=Format.APR),
)
