"""Tensors to `Parameters`: each must be there, have its shape, and be used; what is left over is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from apr_qa.reference.record import Architecture, Floats, Layer, Linear, Norm, Parameters, Settings, UnsupportedModel

_NOT_WEIGHTS = (".rotary_emb.inv_freq", ".attention.bias", ".attention.masked_bias")
"""Buffers that old checkpoints carry; all follow from the config."""


class Tensors(Protocol):
    """Where tensors come from, under the names that Hugging Face gives them."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Every tensor's row-major shape."""

    def read(self, name: str) -> Floats:
        """Return one tensor as float32."""


class TensorsByRow(Tensors, Protocol):
    """Tensors of which some rows can be had, so that a large one need never be whole in memory."""

    def rows(self, name: str, start: int, stop: int) -> Floats:
        """Return rows `start` to `stop` of a matrix as float32; good until the next call."""

    def chosen(self, name: str, rows: Sequence[int]) -> Floats:
        """Return the rows of these numbers, in their order, as float32."""

    def forget(self) -> None:
        """Give back the memory of what was read; it can be read again."""


class Shelf:
    """Takes tensors by role, remembering which were taken."""

    def __init__(self, tensors: Tensors, family: Architecture, s: Settings) -> None:
        self.tensors, self.family, self.s = tensors, family, s
        self.taken: set[str] = set()

    def name(self, role: str, layer: int = 0, head: int = 0, suffix: str = ".weight") -> str:
        """Return the tensor name of a role."""
        template = self.family.tensors[role]
        name = template.replace("{n}", str(layer)).replace("{h}", str(head))
        return name.removesuffix(".weight") + suffix

    def take(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Return a tensor that must have this shape. Raises UnsupportedModel."""
        stored = self.tensors.shapes.get(name)
        if stored is None:
            raise UnsupportedModel(f"the tensor {name} is missing")
        if stored != shape:
            raise UnsupportedModel(f"{name} has shape {list(stored)}, the config asks for {list(shape)}")
        self.taken.add(name)
        return self.tensors.read(name)

    def linear(self, role: str, shape: tuple[int, int], bias: bool, layer: int = 0) -> Linear:
        """Return the matrix of a role, with its bias where the model has one. Raises UnsupportedModel."""
        weight = self.take(self.name(role, layer), shape)
        return Linear(weight, self.take(self.name(role, layer, suffix=".bias"), shape[:1]) if bias else None)

    def norm(self, role: str, layer: int = 0) -> Norm | None:
        """Return the norm of `role`, or None when the family has none there."""
        if role not in self.family.tensors:
            return None
        if self.s.norm == "bare":
            return Norm()
        weight = self.take(self.name(role, layer), (self.s.hidden,)) + self.family.norm_offset
        bias = self.take(self.name(role, layer, suffix=".bias"), (self.s.hidden,)) if self.family.norm_bias else None
        return Norm(weight, bias)


def load_parameters(tensors: Tensors, family: Architecture, s: Settings) -> Parameters:
    """Return all tensors of the model. Raises UnsupportedModel when one is missing, misshapen or left over."""
    shelf = Shelf(tensors, family, s)
    embedding = shelf.take(shelf.name("embedding"), (s.vocab, s.hidden))
    layers = tuple(layer_of(shelf, number) for number in range(s.layers))
    final = final_norm_of(shelf)
    head = _head(shelf, embedding)
    left = sorted(name for name in set(tensors.shapes) - shelf.taken if not name.endswith(_NOT_WEIGHTS))
    if left:
        raise UnsupportedModel(f"{len(left)} tensors have no place in {s.model_type}: {', '.join(left[:3])}")
    return Parameters(embedding=embedding, layers=layers, final_norm=final, head=head)


def check_parameters(tensors: Tensors, family: Architecture, s: Settings) -> None:
    """Raise what `load_parameters` would of names and shapes, without reading a tensor."""
    load_parameters(_Unread(tensors.shapes), family, s)


@dataclass(frozen=True, slots=True)
class _Unread:
    """Zeros of the right shapes that take no memory."""

    shapes: Mapping[str, tuple[int, ...]]

    def read(self, name: str) -> Floats:
        return np.broadcast_to(np.float32(0), self.shapes[name])


def final_norm_of(shelf: Shelf) -> Norm:
    """Return the norm before the head."""
    return shelf.norm("final_norm") or Norm()


def _head(shelf: Shelf, embedding: Floats) -> Linear:
    s, name = shelf.s, shelf.name("lm_head")
    if not s.tied:
        return shelf.linear("lm_head", (s.vocab, s.hidden), shelf.family.head_bias)
    if name in shelf.tensors.shapes:
        stored = shelf.take(name, (s.vocab, s.hidden))
        parts = (slice(start, start + 1024) for start in range(0, s.vocab, 1024))
        require_tied(name, all(np.array_equal(stored[part], embedding[part]) for part in parts))
    return Linear(embedding)


def require_tied(name: str, same: bool) -> None:
    """Raise UnsupportedModel unless a head that is stored is the `same` as the embedding that it is tied to."""
    if not same:
        raise UnsupportedModel(f"the config ties the embeddings, but {name} is stored and differs")


def layer_of(shelf: Shelf, number: int) -> Layer:
    """Return the tensors of one layer. Raises UnsupportedModel when one is missing or misshapen."""
    s = shelf.s
    q, k, v = _qkv(shelf, number)
    gate, up = _gate_up(shelf, number)
    shared = s.parallel and shelf.family.parallel_shares_norm
    return Layer(
        attn_in=shelf.norm("attn_norm", number),
        attn_out=shelf.norm("attn_post_norm", number),
        ffn_in=None if shared else shelf.norm("ffn_norm", number),
        ffn_out=shelf.norm("ffn_post_norm", number),
        q=q,
        k=k,
        v=v,
        o=shelf.linear("o", (s.hidden, s.heads * s.head_dim), s.out_bias, number),
        q_norm=_qk_norm(shelf, "q_norm", number, s.heads),
        k_norm=_qk_norm(shelf, "k_norm", number, s.kv_heads),
        gate=gate,
        up=up,
        down=shelf.linear("down", (s.hidden, s.intermediate), s.mlp_bias, number),
    )


def _qkv(shelf: Shelf, number: int) -> tuple[Linear, Linear, Linear]:
    s = shelf.s
    sizes = (s.heads * s.head_dim, s.kv_heads * s.head_dim, s.kv_heads * s.head_dim)
    if shelf.family.qkv == "split":
        q, k, v = (
            shelf.linear(role, (size, s.hidden), s.qkv_bias, number)
            for role, size in zip(("q", "k", "v"), sizes, strict=True)
        )
        return q, k, v
    fused = shelf.linear("qkv", (sum(sizes), s.hidden), s.qkv_bias, number)
    if shelf.family.qkv == "rows":
        q, k, v = _split(fused, sizes)
        return q, k, v
    q, k, v = (_every_third(fused, third, s) for third in range(3))
    return q, k, v


def _split(fused: Linear, sizes: tuple[int, ...]) -> list[Linear]:
    """Return the rows of `fused` in parts of `sizes`."""
    bounds = np.cumsum(sizes)[:-1]
    weights = np.split(fused.weight, bounds)
    biases = [None] * len(sizes) if fused.bias is None else np.split(fused.bias, bounds)
    return [Linear(weight, bias) for weight, bias in zip(weights, biases, strict=True)]


def _every_third(fused: Linear, third: int, s: Settings) -> Linear:
    """Return q, k or v of a matrix whose rows go head by head: q, k, v of the first, then of the next."""
    weight = fused.weight.reshape(s.heads, 3, s.head_dim, s.hidden)[:, third].reshape(-1, s.hidden)
    bias = None if fused.bias is None else fused.bias.reshape(s.heads, 3, s.head_dim)[:, third].reshape(-1)
    return Linear(weight, bias)


def _gate_up(shelf: Shelf, number: int) -> tuple[Linear | None, Linear]:
    s, shape = shelf.s, (shelf.s.intermediate, shelf.s.hidden)
    if shelf.family.mlp == "gated_rows":
        fused = shelf.linear("gate_up", (2 * s.intermediate, s.hidden), s.mlp_bias, number)
        gate, up = _split(fused, (s.intermediate, s.intermediate))
        return gate, up
    up = shelf.linear("up", shape, s.mlp_bias, number)
    return (shelf.linear("gate", shape, s.mlp_bias, number) if shelf.family.mlp == "gated" else None), up


def _qk_norm(shelf: Shelf, role: str, number: int, heads: int) -> Norm | None:
    s = shelf.s
    if s.qk_norm is None:
        return None
    if s.qk_norm == "heads":
        each = [shelf.take(shelf.name(role, number, head), (s.head_dim,)) for head in range(heads)]
        return Norm(np.stack(each))
    size = heads * s.head_dim if s.qk_norm == "full" else s.head_dim
    return Norm(shelf.take(shelf.name(role, number), (size,)))
