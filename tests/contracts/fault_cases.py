"""The faults that conversions really have, put into clean conversions of the shipped models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from conversions import Case, Floats, Harm, Tensors

Q, K, V = ("blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.0.attn_v.weight")
GATE, UP, DOWN = ("blk.1.ffn_gate.weight", "blk.1.ffn_up.weight", "blk.1.ffn_down.weight")
EMBEDDING, NORM = "token_embd.weight", "blk.1.ffn_norm.weight"
HEAD = "output.weight"
WIDE = ("f16", "q8_0", "q6_k")


def put(name: str, change: Callable[[Floats], Floats]) -> Harm:
    """Return a harm that replaces one tensor."""
    return lambda tensors: tensors.__setitem__(name, np.ascontiguousarray(change(tensors[name])))


def swap(first: str, second: str) -> Harm:
    def harm(tensors: Tensors) -> None:
        tensors[first], tensors[second] = tensors[second], tensors[first]

    return harm


def swap_layers(tensors: Tensors) -> None:
    for name in [n for n in tensors if n.startswith("blk.0.")]:
        swap(name, name.replace("blk.0.", "blk.1."))(tensors)


def permute(heads: int, *, back: bool = False) -> Callable[[Floats], Floats]:
    """Return the row permutation for readers that rotate adjacent pairs, or the way back."""

    def change(values: Floats) -> Floats:
        half = len(values) // heads // 2
        shape = (heads, half, 2) if back else (heads, 2, half)
        return values.reshape(*shape, -1).swapaxes(1, 2).reshape(values.shape)

    return change


def head_order(order: list[int]) -> Callable[[Floats], Floats]:
    return lambda values: values.reshape(len(order), -1, values.shape[1])[order].reshape(values.shape)


def rows(change: Callable[[Floats], object]) -> Callable[[Floats], Floats]:
    """Return a change of some rows in place."""

    def whole(values: Floats) -> Floats:
        values = values.copy()
        change(values)
        return values

    return whole


def largest(values: Floats, row: int) -> int:
    return int(np.abs(values[row]).argmax())


def _swap_rows(values: Floats) -> None:
    values[[20, 77]] = values[[77, 20]]


def _shift_rows(values: Floats) -> None:
    values[400:500] = values[401:501].copy()


def _zero_rows(values: Floats) -> None:
    values[-2:] = 0


def _zero_block(values: Floats) -> None:
    values[5, 32:64] = 0


def _double_block(values: Floats) -> None:
    values[5, 32:64] *= 2


def _flip_sign(values: Floats) -> None:
    values[7, largest(values, 7)] *= -1


def _exponent(values: Floats) -> None:
    values[7, 9] = 60.0


def _infinite(values: Floats) -> None:
    values[7, 9] = np.inf


def _detour(values: Floats) -> Floats:
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    kind = GGMLQuantizationType.Q4_0
    return np.asarray(dequantize(quantize(values, kind), kind), dtype=np.float32)


CASES = (
    Case("transposed", "tiny", put(Q, lambda w: w.T), "transposed", Q),
    Case("k and v swapped", "tiny", swap(K, V), "tensors swapped", K),
    Case("gate and up swapped", "tiny", swap(GATE, UP), "tensors swapped", GATE),
    Case("layers swapped", "tiny", swap_layers, "layers swapped", Q),
    Case("permutation missing", "tiny-llama", put(K, permute(2, back=True)), "q/k permutation", K),
    Case("permutation twice", "tiny-llama", put(Q, permute(6)), "q/k permutation", Q),
    Case("permutation undeclared", "tiny", put(Q, permute(4)), "q/k permutation", Q),
    Case("query heads across groups", "tiny", put(Q, head_order([0, 2, 1, 3])), "head order", Q),
    Case("key heads reversed", "tiny", put(K, head_order([1, 0])), "head order", K),
    Case(
        "permuted as if with all heads",
        "mistral",
        put(K, lambda w: permute(4)(permute(2, back=True)(w))),
        "q/k permutation",
        K,
        ("f16",),
    ),
    Case(
        "rows in some other order",
        "tiny",
        put(DOWN, lambda w: w[np.random.default_rng(3).permutation(len(w))]),
        "rows swapped",
        DOWN,
    ),
    Case("1 added to a norm", "tiny", put(NORM, lambda w: w + 1), "+1", NORM),
    Case("last rows zero", "tiny", put(EMBEDDING, rows(_zero_rows)), "rows cut off", EMBEDDING),
    Case("vocabulary rows swapped", "tiny", put(EMBEDDING, rows(_swap_rows)), "rows swapped", EMBEDDING),
    Case("vocabulary rows shifted", "tiny-llama", put(EMBEDDING, rows(_shift_rows)), "rows shifted", EMBEDDING),
    Case("head rows swapped", "tiny-llama", put(HEAD, rows(_swap_rows)), "rows swapped", HEAD),
    Case("a block zero", "tiny", put(UP, rows(_zero_block)), "block zeroed", UP, ("f16", "q8_0", "q4_0")),
    Case("a block doubled", "tiny", put(UP, rows(_double_block)), "block scaled", UP, ("f16", "q8_0", "q4_0")),
    Case("a sign flipped", "tiny", put(UP, rows(_flip_sign)), "sign flipped", UP, WIDE),
    Case("an exponent bit", "tiny", put(UP, rows(_exponent)), "value changed", UP, ("f16",)),
    Case("one infinite", "tiny", put(UP, rows(_infinite)), "not finite", UP, ("f16",)),
    Case("rounded to Q4_0 on the way", "tiny", put(DOWN, _detour), "fallback", DOWN, ("f16", "q8_0")),
    Case("scaled", "tiny", put(DOWN, lambda w: w * 0.5), "scaled", DOWN),
    Case("sign of all", "tiny", put(DOWN, lambda w: -w), "sign", DOWN),
    Case("zeros", "tiny", put(DOWN, lambda w: w * 0), "zeroed", DOWN),
    Case("a bias zero", "tiny", put("blk.0.attn_q.bias", lambda w: w * 0), "zeroed", "blk.0.attn_q.bias"),
    Case("+1 missing", "gemma", put(NORM, lambda w: w - 1), "+1", NORM, ("f16",)),
    Case("+1 twice", "gemma", put(NORM, lambda w: w + 1), "+1", NORM, ("f16",)),
    Case(
        "qkv not regrouped",
        "gpt_neox",
        put("blk.0.attn_qkv.weight", lambda w: w.reshape(3, 4, -1, w.shape[1]).swapaxes(0, 1).reshape(w.shape)),
        "qkv rows",
        "blk.0.attn_qkv.weight",
        ("f16",),
    ),
)
