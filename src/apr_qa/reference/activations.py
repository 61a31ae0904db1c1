"""Activation functions by the names that configs use; each takes and returns float32."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from apr_qa.reference.record import Floats


def silu(x: Floats) -> Floats:
    """Return x * sigmoid(x)."""
    with np.errstate(over="ignore"):  # exp of a large number is infinity, and x / infinity is the right 0
        result: Floats = x / (1 + np.exp(-x))
        return result


def gelu(x: Floats) -> Floats:
    """Return the exact GELU, through the error function in double precision."""
    wide = x.astype(np.float64)
    error = np.fromiter(map(math.erf, (wide / math.sqrt(2)).ravel().tolist()), np.float64, x.size).reshape(x.shape)
    exact: Floats = (0.5 * wide * (1.0 + error)).astype(np.float32)
    return exact


def gelu_tanh(x: Floats) -> Floats:
    """Return the tanh approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    result: Floats = 0.5 * x * (1 + np.tanh(inner))
    return result


def relu(x: Floats) -> Floats:
    """Return the positive part."""
    return np.maximum(x, 0)


ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "silu": silu,
    "swish": silu,
    "gelu": gelu,
    "gelu_new": gelu_tanh,
    "gelu_fast": gelu_tanh,
    "gelu_pytorch_tanh": gelu_tanh,
    "relu": relu,
}
