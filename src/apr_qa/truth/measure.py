"""The two passes: what ground truth and a converted file make of the same tokens, one layer in memory at a time."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from apr_qa.reference import UnsupportedModel
from apr_qa.reference.model import ContextError
from apr_qa.reference.streamed import StreamedModel, open_streamed
from apr_qa.reference.tokenizer import load_tokenizer
from apr_qa.truth.figures import Figures, Floats, Tally
from apr_qa.truth.text_set import Block, blocks, positions_for
from apr_qa.weights import MalformedWeights, read_header


class CannotMeasureError(Exception):
    """The reference engine cannot take this model, or cannot tokenise for it; the text says why."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What ground truth says after every token of the texts."""

    blocks: tuple[Block, ...]
    logits: Floats
    """[positions, vocab], the blocks one after the other; in a file of its own that goes with this record."""
    model_type: str
    parameters: int


def stamp(path: Path) -> tuple[int, int]:
    """Return time and size of a file: another stamp is another file."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def truth_of(path: Path, most: int | None = None) -> Truth:
    """Return the ground truth of the SafeTensors model at `path`, remembered for the next file held against it.

    `most` limits the positions; None: by the size of the model. Raises CannotMeasureError, MalformedWeights, OSError.
    """
    small = (path.parent / "config.json", path.parent / "tokenizer.json")
    return _truth(path, tuple(stamp(file) for file in (path, *small) if file.is_file()), most)


@lru_cache(maxsize=1)
def _truth(path: Path, _stamps: tuple[tuple[int, int], ...], most: int | None) -> Truth:
    parameters = sum(math.prod(info.shape) for info in read_header(path).tensors.values())
    try:
        with open_streamed(path) as model:
            found = blocks(load_tokenizer(path), context=model.settings.context, most=most or positions_for(parameters))
            return Truth(found, _spooled(model, found), model.settings.model_type, parameters)
    except UnsupportedModel as error:
        raise CannotMeasureError(f"the reference engine cannot compute the ground truth: {error}") from None
    except ValueError as error:
        raise CannotMeasureError(f"the ground truth does not take its own tokens: {error}") from None


def _spooled(model: StreamedModel, found: tuple[Block, ...]) -> Floats:
    """Return all logits in a nameless temporary file, so that memory holds those of one text only."""
    shape = (sum(len(block.ids) for block in found), model.settings.vocab)
    with tempfile.TemporaryFile() as file:
        logits: Floats = np.memmap(file, dtype=np.float32, mode="w+", shape=shape)
    start = 0
    for block, part in zip(found, _logits(model, found), strict=True):
        if not np.isfinite(part).all():
            raise CannotMeasureError("the ground truth itself gives logits that are no numbers")
        logits[start : start + len(block.ids)] = part
        start += len(block.ids)
    return logits


def _logits(model: StreamedModel, found: Sequence[Block]) -> Iterator[Floats]:
    """Yield the logits after each token of each text; what is no number is found in them, not warned of."""
    with np.errstate(all="ignore"):
        yield from model.logits([block.ids for block in found])


def measure(truth: Truth, path: Path) -> Figures:
    """Return how far the model at `path` is from `truth` on the same tokens, remembered.

    Raises CannotMeasureError, MalformedWeights, OSError.
    """
    return _measured(_Held(truth), path, stamp(path))


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A truth as a key: two are the same when they are one object."""

    truth: Truth

    def __hash__(self) -> int:
        return id(self.truth)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.truth is self.truth


@lru_cache(maxsize=8)
def _measured(held: _Held, path: Path, _stamp: tuple[int, int]) -> Figures:
    truth = held.truth
    tally, start = Tally(), 0
    for block, logits in zip(truth.blocks, logits_on(path, truth.blocks, truth.logits.shape[1]), strict=True):
        part = truth.logits[start : start + len(block.ids)]
        tally.add(block.domain, block.ids, part, logits)
        start += len(block.ids)
    return tally.figures()


def logits_on(path: Path, found: Sequence[Block], vocab: int) -> Iterator[Floats]:
    """Yield the logits [n, vocab] of the model at `path` after each token of each text.

    Raises CannotMeasureError, MalformedWeights also when the model does not take the texts, OSError.
    """
    try:
        with open_streamed(path) as model:
            if model.settings.vocab < vocab:
                raise MalformedWeights(path, "embedding", f"has {model.settings.vocab} rows, the ground truth {vocab}")
            for logits in _logits(model, found):
                yield logits[:, :vocab]
    except UnsupportedModel as error:
        raise CannotMeasureError(f"the reference engine cannot compute {path.name}: {error}") from None
    except ContextError as error:
        raise MalformedWeights(path, "context", f"is too short for the ground truth's texts: {error}") from None
