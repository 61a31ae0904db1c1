"""Rotary position embedding: frequencies of each scaling type, and the turn itself."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from apr_qa.reference.record import Floats, Rope, UnsupportedModel

_BETA_FAST, _BETA_SLOW = 32.0, 1.0
"""YaRN's own constants (arXiv 2309.00071), which configs may override."""


def angles(rope: Rope, start: int, count: int, length: int, context: int) -> tuple[Floats, Floats]:
    """Return cos and sin [count, dimensions] of positions `start`... in a sequence that is `length` long in all.

    `context` is the model's maximum; long-context types compare it with that of pretraining.
    """
    frequencies, factor = frequencies_of(rope, length, context)
    positions = np.arange(start, start + count, dtype=np.float32)
    half = np.outer(positions, frequencies)
    both = np.concatenate([half, half], axis=1)
    return np.multiply(np.cos(both), factor), np.multiply(np.sin(both), factor)


def frequencies_of(rope: Rope, length: int, context: int) -> tuple[Floats, float]:
    """Return the angular frequencies [dimensions / 2] and the factor on cos and sin."""
    exponents = np.arange(0, rope.dimensions, 2, dtype=np.float32) / rope.dimensions
    plain: Floats = np.divide(1.0, np.power(rope.theta, exponents), dtype=np.float32)
    if rope.factors:
        if len(rope.factors) != len(plain) or min(rope.factors) <= 0:
            raise UnsupportedModel(f"the file's rope factors are not {len(plain)} positive numbers")
        plain = np.divide(plain, np.asarray(rope.factors, dtype=np.float32))
    if rope.kind == "linear":
        return plain / _value(rope.scaling, "factor"), 1.0
    if rope.kind == "llama3":
        return _llama3(plain, rope), 1.0
    if rope.kind == "yarn":
        return _yarn(plain, rope), _yarn_factor(rope)
    if rope.kind == "longrope":
        return _longrope(plain, rope, length), _longrope_factor(rope, context)
    return plain, 1.0


def longer_than_first(rope: Rope, length: int) -> bool:
    """Return whether a sequence of `length` turns by other frequencies than a short one: its keys must be remade."""
    return rope.kind == "longrope" and length > rope.original_context


def turn(x: Floats, cos: Floats, sin: Floats) -> Floats:
    """Rotate the first dimensions of x [n, heads, head_dim] in halves by the angles [n, dimensions]."""
    dimensions = cos.shape[1]
    turned, kept = x[..., :dimensions], x[..., dimensions:]
    left, right = turned[..., : dimensions // 2], turned[..., dimensions // 2 :]
    swapped = np.concatenate([-right, left], axis=-1)
    out = turned * cos[:, None, :] + swapped * sin[:, None, :]
    return np.concatenate([out, kept], axis=-1, dtype=np.float32)


def _value(scaling: Mapping[str, object], key: str, default: float | None = None) -> float:
    value = scaling.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise UnsupportedModel(f"rope scaling: {key} = {value!r} is not a positive number")
    return float(value)


def _llama3(plain: Floats, rope: Rope) -> Floats:
    """Slow waves are stretched by the factor, fast ones kept, and those between blended."""
    low, high = _value(rope.scaling, "low_freq_factor"), _value(rope.scaling, "high_freq_factor")
    factor = _value(rope.scaling, "factor")
    turns = rope.original_context * plain / (2 * math.pi)
    blend = np.clip((turns - low) / (high - low), 0.0, 1.0)
    mixed: Floats = (1 - blend) * plain / factor + blend * plain
    return mixed


def _yarn(plain: Floats, rope: Rope) -> Floats:
    """Blend stretched and plain frequencies along a ramp between the two rotation counts."""
    fast, slow = _value(rope.scaling, "beta_fast", _BETA_FAST), _value(rope.scaling, "beta_slow", _BETA_SLOW)

    def dimension_of(rotations: float) -> float:
        wave = rope.original_context / (rotations * 2 * math.pi)
        return rope.dimensions * math.log(wave) / (2 * math.log(rope.theta))

    low, high = dimension_of(fast), dimension_of(slow)
    if rope.scaling.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rope.dimensions - 1)
    width = high - low or 0.001  # a ramp of no width would divide by zero
    ramp = np.clip((np.arange(rope.dimensions // 2, dtype=np.float32) - low) / width, 0, 1)
    factor = _value(rope.scaling, "factor")
    mixed: Floats = plain / factor * ramp + plain * (1 - ramp)
    return mixed


def _yarn_factor(rope: Rope) -> float:
    factor = _value(rope.scaling, "factor")
    inferred = 0.1 * math.log(factor) + 1.0 if factor > 1 else 1.0
    return _value(rope.scaling, "attention_factor", inferred)


def _longrope(plain: Floats, rope: Rope, length: int) -> Floats:
    key = "long_factor" if length > rope.original_context else "short_factor"
    stated = rope.scaling[key]
    if not isinstance(stated, list | tuple) or len(stated) != len(plain):
        raise UnsupportedModel(f"rope scaling: {key} is not a list of {len(plain)} numbers")
    divisors = np.asarray(stated, dtype=np.float32)
    return plain / divisors


def _longrope_factor(rope: Rope, context: int) -> float:
    factor = _value(rope.scaling, "factor", context / rope.original_context)
    inferred = 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(rope.original_context))
    return _value(rope.scaling, "attention_factor", inferred)
