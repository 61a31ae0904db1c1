"""The forward pass: one generic block, driven by `Settings` and by which tensors a `Layer` has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apr_qa.reference.activations import ACTIVATIONS
from apr_qa.reference.cache import Cache
from apr_qa.reference.record import Floats, Layer, Norm, Parameters, Settings
from apr_qa.reference.rope import angles, turn


@dataclass(frozen=True, slots=True)
class _Step:
    """What all layers of one pass share: the turn of each position, and who sees whom."""

    cos: Floats
    sin: Floats
    masks: dict[int | None, Floats]
    """Window -> [n, total], 0 where a token sees and -inf where it does not."""


def forward(p: Parameters, s: Settings, tokens: list[int], cache: Cache, length: int) -> Floats:
    """Return the last layer's output [n, hidden] for `tokens`, which follow what `cache` holds and are added to it.

    `length` is that of the whole sequence: long-context rope types turn by it.
    """
    step = _step(s, cache.length, len(tokens), length, set(s.windows))
    x = p.embedding[tokens] * s.embedding_scale
    for number, layer in enumerate(p.layers):
        x = _block(x, layer, s, step, (cache, number))
    cache.length += len(tokens)
    return x


def one_layer(x: Floats, layer: Layer, number: int, s: Settings, cache: Cache, length: int) -> Floats:
    """Return what layer `number` alone makes of x [n, hidden], the next tokens of a sequence of `length`.

    The sums are those of `forward`. The cache is of this layer only, and grows by the n tokens.
    """
    step = _step(s, cache.length, len(x), length, {s.windows[number]})
    x = _block(x, layer, s, step, (cache, number))
    cache.length += len(x)
    return x


def logits_of(p: Parameters, s: Settings, x: Floats) -> Floats:
    """Return the logits [n, vocab] of what the last layer put out."""
    return finished(p.head(normed(x, p.final_norm, s)), s)


def finished(products: Floats, s: Settings) -> Floats:
    """Return the logits of the products [n, any] of the last norm's output with rows of the head."""
    return _capped(products / s.logits_divisor, s.final_softcap)


def _step(s: Settings, start: int, count: int, length: int, windows: set[int | None]) -> _Step:
    cos, sin = angles(s.rope, start, count, length, s.context)
    return _Step(cos, sin, {window: _mask(start, count, window) for window in windows})


def _mask(start: int, count: int, window: int | None) -> Floats:
    positions = np.arange(start, start + count)[:, None]
    keys = np.arange(start + count)[None, :]
    seen = keys <= positions
    if window is not None:
        seen &= keys > positions - window
    return np.where(seen, 0.0, -np.inf).astype(np.float32)


def _block(x: Floats, layer: Layer, s: Settings, step: _Step, place: tuple[Cache, int]) -> Floats:
    scale = s.residual_scale
    read = normed(x, layer.attn_in, s)
    attended = normed(_attention(read, layer, s, step, place), layer.attn_out, s)
    if s.parallel:
        read = read if layer.ffn_in is None else normed(x, layer.ffn_in, s)
        return x + attended + _mlp(read, layer, s)
    x = x + attended * scale
    fed = normed(_mlp(normed(x, layer.ffn_in, s), layer, s), layer.ffn_out, s)
    return x + fed * scale


def normed(x: Floats, norm: Norm | None, s: Settings) -> Floats:
    """Return x [..., size] normed over its last axis, or x itself when there is no norm."""
    if norm is None:
        return x
    if s.norm != "rms":
        x = x - x.mean(axis=-1, keepdims=True)
    spread = np.mean(np.square(x), axis=-1, keepdims=True)
    x = x / np.sqrt(spread + s.norm_eps)
    if norm.weight is not None:
        x = x * norm.weight
    return x if norm.bias is None else x + norm.bias


def _attention(x: Floats, layer: Layer, s: Settings, step: _Step, place: tuple[Cache, int]) -> Floats:
    cache, number = place
    q, k, v = layer.q(x), layer.k(x), layer.v(x)
    if s.clip_qkv is not None:
        q, k, v = (np.clip(part, -s.clip_qkv, s.clip_qkv) for part in (q, k, v))
    q, k = _heads(q, layer.q_norm, s), _heads(k, layer.k_norm, s)
    keys, values = cache.append(number, turn(k, step.cos, step.sin), v.reshape(len(x), s.kv_heads, s.head_dim))
    mixed = _mix(turn(q, step.cos, step.sin), keys, values, s, step.masks[s.windows[number]])
    return layer.o(mixed)


def _heads(x: Floats, norm: Norm | None, s: Settings) -> Floats:
    """Return x [n, heads * head_dim] split into heads, normed over all of them or over each."""
    if s.qk_norm == "full":
        x = normed(x, norm, s)
    split = x.reshape(len(x), -1, s.head_dim)
    return split if s.qk_norm in (None, "full") else normed(split, norm, s)


def _mix(q: Floats, keys: Floats, values: Floats, s: Settings, mask: Floats) -> Floats:
    """Return the attention output [n, heads * head_dim]; q is [n, heads, d], keys and values [kv_heads, total, d]."""
    count, group = len(q), s.heads // s.kv_heads
    apart = q.reshape(count, s.kv_heads, group, s.head_dim).transpose(1, 2, 0, 3)
    scores = (apart.reshape(s.kv_heads, group * count, s.head_dim) @ keys.transpose(0, 2, 1)) * s.query_scale
    scores = _capped(scores, s.attention_softcap).reshape(s.kv_heads, group, count, -1) + mask
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed: Floats = weights.reshape(s.kv_heads, group * count, -1) @ values
    split = mixed.reshape(s.kv_heads, group, count, s.head_dim)
    return split.transpose(2, 0, 1, 3).reshape(count, s.heads * s.head_dim)


def _mlp(x: Floats, layer: Layer, s: Settings) -> Floats:
    activate = ACTIVATIONS[s.activation]
    if layer.gate is None:
        return layer.down(activate(layer.up(x)))
    return layer.down(activate(layer.gate(x)) * layer.up(x))


def _capped(x: Floats, cap: float | None) -> Floats:
    """Return x pressed smoothly into (-cap, cap)."""
    if cap is None:
        return x
    pressed: Floats = np.tanh(x / cap) * cap
    return pressed
