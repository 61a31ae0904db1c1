"""Compact baselines: what ground truth says, small enough to be shipped, so that a later run needs no pass over it.

For each position the 64 likeliest tokens with their log-probabilities (float32) and the logsumexp of the logits are
kept: under 1 MB for 2048 positions, whatever the vocabulary. What is cut off bounds the divergence from both sides.
With p and q the truth and the other, T the tail outside the 64, P and Q its mass under either:

- lower: the tail as one lump, `sum_top p ln(p/q) + P ln(P/Q)` (log-sum inequality);
- upper: no p in the tail is above the least kept, p_64, so `sum_top p ln(p/q) + P ln(p_64 / min_T q)`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apr_qa.errors import InputError
from apr_qa.truth.envelopes import Envelope
from apr_qa.truth.figures import Floats, Numbers, log_softmax
from apr_qa.truth.measure import Truth, logits_on
from apr_qa.truth.text_set import Block

TOP = 64
VERSION = 1
_CHUNK_ROWS = 128
_LARGEST_BYTES = 4 << 20
_NAMES = ("model", "digest", "dtype", "model_type", "parameters", "vocab")
_ARRAYS = ("tokens", "ids", "logprobs", "logsumexp")


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Ground truth in short. Arrays go over all positions, block after block."""

    model: str
    digest: str
    """SHA-256 of the weights that it was made from."""
    dtype: str
    """Stored type of the ground truth."""
    model_type: str
    parameters: int
    vocab: int
    blocks: tuple[Block, ...]
    top_ids: npt.NDArray[np.uint32]
    """[positions, at most 64], likeliest first."""
    top_logprobs: Floats
    logsumexp: Floats
    """[positions]; a log-probability plus it is the logit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a baseline can say of a file."""

    positions: int
    kld_low: float
    kld_high: float
    """The mean divergence lies between the two."""
    top1: float

    def verdict(self, limits: Envelope) -> str:
        """Return `inside`, `outside` or `open` (the limit lies between the bounds)."""
        if self.kld_low > limits.kld_mean or self.top1 < limits.top1:
            return "outside"
        return "inside" if self.kld_high <= limits.kld_mean else "open"


def make_baseline(truth: Truth, *, model: str, digest: str, dtype: str) -> Baseline:
    """Return the baseline of a ground truth that was computed (`measure.truth_of`)."""
    positions, vocab = truth.logits.shape
    count = min(TOP, vocab)
    ids = np.empty((positions, count), dtype=np.uint32)
    kept = np.empty((positions, count), dtype=np.float32)
    sums = np.empty(positions, dtype=np.float32)
    for start in range(0, positions, _CHUNK_ROWS):
        part = slice(start, start + _CHUNK_ROWS)
        logprobs = log_softmax(truth.logits[part])
        order = np.argsort(-logprobs, axis=1, kind="stable")[:, :count]
        ids[part], kept[part] = order, np.take_along_axis(logprobs, order, axis=1)
        sums[part] = truth.logits[part, 0] - logprobs[:, 0]
    return Baseline(model, digest, dtype, truth.model_type, truth.parameters, vocab, truth.blocks, ids, kept, sums)


def write_baseline(baseline: Baseline, file: Path) -> None:
    """Write a baseline as one `.npz` file. Raises OSError."""
    about = {
        "version": VERSION,
        **{name: getattr(baseline, name) for name in _NAMES},
        "blocks": [[block.name, block.domain, len(block.ids)] for block in baseline.blocks],
    }
    tokens = np.array([number for block in baseline.blocks for number in block.ids], dtype=np.uint32)
    planes = baseline.top_ids[..., None].view(np.uint8)[..., :3]  # no vocabulary has 2**24 tokens
    held = io.BytesIO()
    np.savez_compressed(
        held,
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        tokens=tokens,
        ids=np.ascontiguousarray(np.moveaxis(planes, -1, 0)),
        logprobs=baseline.top_logprobs,
        logsumexp=baseline.logsumexp,
    )
    file.write_bytes(held.getvalue())


def read_baseline(file: Path) -> Baseline:
    """Return the baseline in `file`. Raises InputError when it is missing, broken or contradicts itself."""
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"is over {_LARGEST_BYTES >> 20} MB, which no baseline is", where=str(file))
        with np.load(file, allow_pickle=False) as held:
            about, arrays = json.loads(held["about"].tobytes()), {name: held[name] for name in _ARRAYS}
        return _checked(about, arrays)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except (ValueError, LookupError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"is no baseline: {error}", where=str(file), remedy="Make it again.") from None


def _checked(about: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Baseline:
    if about["version"] != VERSION:
        raise ValueError(f"version {about['version']}, this program reads {VERSION}")
    planes = arrays["ids"].astype(np.uint32)
    ids = planes[0] | planes[1] << np.uint32(8) | planes[2] << np.uint32(16)
    tokens, logprobs, sums = arrays["tokens"], arrays["logprobs"], arrays["logsumexp"]
    if not (len(tokens) == len(ids) == len(logprobs) == len(sums)) or ids.shape != logprobs.shape or not ids.size:
        raise ValueError("its arrays do not go together")
    if max(ids.max(), tokens.max()) >= about["vocab"] or not np.isfinite(logprobs).all():
        raise ValueError("it holds tokens outside the vocabulary, or values that are no numbers")
    return Baseline(
        **{name: about[name] for name in _NAMES},
        blocks=tuple(_blocks(about["blocks"], tokens)),
        top_ids=ids,
        top_logprobs=logprobs,
        logsumexp=sums,
    )


def _blocks(entries: list[Any], tokens: npt.NDArray[np.uint32]) -> Iterator[Block]:
    start = 0
    for name, domain, count in entries:
        yield Block(name=str(name), domain=str(domain), ids=tuple(int(t) for t in tokens[start : start + count]))
        start += count
    if start != len(tokens):
        raise ValueError("its texts do not add up to its tokens")


def compare_with_baseline(baseline: Baseline, path: Path) -> Bounds:
    """Return how far the model at `path` is from a baseline.

    Raises CannotMeasureError, MalformedWeights, OSError as `measure.measure` does.
    """
    low = high = same = 0.0
    start = 0
    for logits in logits_on(path, baseline.blocks, baseline.vocab):
        for row in range(0, len(logits), _CHUNK_ROWS):
            part = slice(start + row, start + min(row + _CHUNK_ROWS, len(logits)))
            theirs = log_softmax(logits[row : row + _CHUNK_ROWS])
            bounds = _bounds(baseline.top_logprobs[part], baseline.top_ids[part], theirs)
            low, high = low + bounds[0], high + bounds[1]
            same += float(np.count_nonzero(theirs.argmax(axis=1) == baseline.top_ids[part, 0]))
        start += len(logits)
    return Bounds(positions=start, kld_low=low / start, kld_high=high / start, top1=same / start)


def _bounds(kept: Floats, ids: npt.NDArray[np.uint32], theirs: Numbers) -> tuple[float, float]:
    """Return lower and upper bound of the divergence, summed over the rows."""
    ours = kept.astype(np.float64)
    places = ids.astype(np.intp)
    chosen = np.take_along_axis(theirs, places, axis=1)
    inside = (np.exp(ours) * (ours - chosen)).sum(axis=1)
    tail = np.maximum(0.0, 1 - np.exp(ours).sum(axis=1))
    rest = theirs.copy()
    np.put_along_axis(rest, places, np.inf, axis=1)
    least = rest.min(axis=1)
    other_tail = np.maximum(1e-300, 1 - np.exp(chosen).sum(axis=1))
    has_tail = (tail > 1e-7) & np.isfinite(least)  # less is the rounding of float32
    lump = np.where(has_tail, tail * np.log(np.maximum(tail, 1e-300) / other_tail), 0.0)
    spread = np.where(has_tail, tail * (ours[:, -1] - np.where(np.isfinite(least), least, 0.0)), 0.0)
    return float(np.maximum(0.0, inside + lump).sum()), float((inside + np.maximum(lump, spread)).sum())
