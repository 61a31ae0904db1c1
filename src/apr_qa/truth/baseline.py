"""Compact baselines: what ground truth says, small enough to be shipped, so that a later run needs no pass over it.

For each position the likeliest tokens, 64 at least and as many as 1 MB holds, are kept with their logits (float32, as
they were computed), the logsumexp of all, and the logit of the token that follows. A seal over everything tells
a file that was changed; the key tells one of another model or of other texts. `bounds` says what can be told from it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apr_qa.errors import InputError
from apr_qa.truth.figures import Floats, Numbers, log_softmax
from apr_qa.truth.measure import Truth
from apr_qa.truth.text_set import Block

TOP = 64
"""Tokens kept for each position, at least."""
LARGEST_BYTES = 1_000_000
VERSION = 2
CHUNK_ROWS = 128
_ENTRY_BYTES, _SPARE_BYTES = 7, 64 << 10
_NAMES = ("model", "key", "dtype", "model_type", "parameters", "vocab")
_ARRAYS = ("tokens", "ids", "logits", "logsumexp", "following")


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Ground truth in short. Arrays go over all positions, block after block."""

    model: str
    key: str
    """Of the files and the texts that it was made from (`compact.key_of`)."""
    dtype: str
    """Stored type of the ground truth."""
    model_type: str
    parameters: int
    vocab: int
    blocks: tuple[Block, ...]
    top_ids: npt.NDArray[np.uint32]
    """[positions, kept], likeliest first."""
    top_logits: Floats
    logsumexp: Numbers
    """[positions]; a logit minus it is the log-probability."""
    following: Floats
    """[positions]: logit of the token that follows in the text; of no meaning for the last one, which none follows."""

    def logprobs(self, part: slice) -> Numbers:
        """Return the log-probabilities of the kept tokens of some positions."""
        found: Numbers = self.top_logits[part].astype(np.float64) - self.logsumexp[part, None]
        return found


def kept_tokens(positions: int, vocab: int) -> int:
    """Return how many tokens are kept for each of so many positions."""
    return min(vocab, max(TOP, (LARGEST_BYTES - _SPARE_BYTES) // (_ENTRY_BYTES * positions)))


def make_baseline(truth: Truth, *, model: str, key: str, dtype: str) -> Baseline:
    """Return the baseline of a ground truth that was computed (`measure.truth_of`)."""
    positions, vocab = truth.logits.shape
    count = kept_tokens(positions, vocab)
    ids = np.empty((positions, count), dtype=np.uint32)
    kept = np.empty((positions, count), dtype=np.float32)
    sums = np.empty(positions)
    following = np.empty(positions, dtype=np.float32)
    tokens = followers(truth.blocks)
    for start in range(0, positions, CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        logits = np.asarray(truth.logits[part])
        ids[part] = _likeliest(logits, count)
        kept[part] = np.take_along_axis(logits, ids[part].astype(np.intp), axis=1)
        sums[part] = logits[:, 0] - log_softmax(logits)[:, 0]
        following[part] = logits[np.arange(len(logits)), tokens[part]]
    about = (truth.model_type, truth.parameters, vocab, truth.blocks)
    return Baseline(model, key, dtype, *about, ids, kept, sums, following)


def _likeliest(logits: Floats, count: int) -> npt.NDArray[np.intp]:
    """Return the ids of the largest logits of each row, largest first, of equal ones the lower id."""
    found = np.argpartition(logits, -count, axis=1)[:, -count:]
    found.sort(axis=1)
    order = np.argsort(-np.take_along_axis(logits, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def followers(found: Sequence[Block]) -> npt.NDArray[np.intp]:
    """Return for each position of the texts the token that follows it, -1 for the last of a text."""
    return np.array([token for block in found for token in (*block.ids[1:], -1)], dtype=np.intp)


def write_baseline(baseline: Baseline, file: Path) -> None:
    """Write a baseline as one `.npz` file. Raises OSError."""
    about = {
        "version": VERSION,
        **{name: getattr(baseline, name) for name in _NAMES},
        "blocks": [[block.name, block.domain, len(block.ids)] for block in baseline.blocks],
    }
    tokens = np.array([number for block in baseline.blocks for number in block.ids], dtype=np.uint32)
    planes = baseline.top_ids[..., None].view(np.uint8)[..., :3]  # no vocabulary has 2**24 tokens
    arrays: dict[str, npt.NDArray[Any]] = {
        "tokens": tokens,
        "ids": np.ascontiguousarray(np.moveaxis(planes, -1, 0)),
        "logits": baseline.top_logits,
        "logsumexp": baseline.logsumexp,
        "following": baseline.following,
    }
    words = json.dumps({**about, "seal": _seal(about, arrays)}).encode()
    held = io.BytesIO()
    np.savez_compressed(held, allow_pickle=False, about=np.frombuffer(words, dtype=np.uint8), **arrays)
    whole = file.with_name(f"{file.name}.part")
    whole.write_bytes(held.getvalue())
    whole.replace(file)


def _seal(about: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in _ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def read_baseline(file: Path) -> Baseline:
    """Return the baseline in `file`. Raises InputError when it is missing, broken or contradicts itself."""
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise InputError(f"is over {LARGEST_BYTES} bytes, which no baseline is", where=str(file))
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
    if about.pop("seal") != _seal(about, arrays):
        raise ValueError("its seal is broken: it was changed after it was made")
    planes = arrays["ids"].astype(np.uint32)
    ids = planes[0] | planes[1] << np.uint32(8) | planes[2] << np.uint32(16)
    tokens, logits, sums = arrays["tokens"], arrays["logits"], arrays["logsumexp"]
    lengths = {len(part) for part in (tokens, ids, logits, sums, arrays["following"])}
    if len(lengths) > 1 or ids.shape != logits.shape or not ids.size:
        raise ValueError("its arrays do not go together")
    if max(ids.max(), tokens.max()) >= about["vocab"] or not np.isfinite(logits).all():
        raise ValueError("it holds tokens outside the vocabulary, or values that are no numbers")
    return Baseline(
        **{name: about[name] for name in _NAMES},
        blocks=tuple(_blocks(about["blocks"], tokens)),
        top_ids=ids,
        top_logits=logits,
        logsumexp=sums,
        following=arrays["following"],
    )


def _blocks(entries: list[Any], tokens: npt.NDArray[np.uint32]) -> Iterator[Block]:
    start = 0
    for name, domain, count in entries:
        yield Block(name=str(name), domain=str(domain), ids=tuple(int(t) for t in tokens[start : start + count]))
        start += count
    if start != len(tokens):
        raise ValueError("its texts do not add up to its tokens")
