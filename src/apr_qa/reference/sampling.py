"""From logits to a token: greedy, or by temperature and nucleus with a seeded generator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from apr_qa.reference.record import Floats


def log_softmax(logits: Floats) -> npt.NDArray[np.float64]:
    """Return natural log-probabilities over the last axis, in double precision."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float64] = wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return result


def best(logprobs: npt.NDArray[np.float64], count: int) -> tuple[tuple[int, float], ...]:
    """Return the `count` best (id, log-probability) of one position, ties by the lower id."""
    order = np.argsort(-logprobs, kind="stable")[:count]
    return tuple((int(token), float(logprobs[token])) for token in order)


def choose(logits: Floats, temperature: float, top_p: float, chance: np.random.Generator) -> int:
    """Return the next token of logits [vocab]; temperature 0 is greedy, ties go to the lower id."""
    if temperature == 0:
        return int(np.argmax(logits))
    probabilities = np.exp(log_softmax(logits.astype(np.float64) / temperature))  # type: ignore[arg-type]
    order = np.argsort(-probabilities, kind="stable")
    total = np.cumsum(probabilities[order])
    kept = order[: int(np.searchsorted(total, top_p * total[-1])) + 1]
    weights = np.cumsum(probabilities[kept])
    return int(kept[min(int(np.searchsorted(weights, chance.random() * weights[-1], side="right")), len(kept) - 1)])
