"""The forward pass for models that do not fit: one layer in memory at a time, and all texts through it together.

Needed are the largest layer in float32, the activations of all texts, and the logits of some. The sums are those of
`Model.logits`, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from apr_qa.reference.cache import Cache
from apr_qa.reference.forward import finished, normed, one_layer
from apr_qa.reference.loading import Shelf, check_parameters, final_norm_of, layer_of, require_tied
from apr_qa.reference.model import CHUNK, checked, settings_of
from apr_qa.reference.record import Floats, Layer, Linear, Norm, Settings
from apr_qa.reference.source import Source, open_source

_HEAD_ELEMENTS = 1 << 22
"""Of the head, decoded at once: 16 MB of float32."""
_LOGITS_BYTES = 64 << 20
"""Logits made in one go over the head; those of one text at least."""


class StreamedModel:
    """An open model whose layers are read when they are needed."""

    def __init__(self, source: Source) -> None:
        self.settings: Settings = settings_of(source)
        self._tensors = source.tensors
        check_parameters(source.tensors, source.family, self.settings)
        self._shelf = Shelf(source.tensors, source.family, self.settings)

    def logits(self, sequences: Sequence[Sequence[int]]) -> Iterator[Floats]:
        """Yield for each sequence the logits [n, vocab] after each of its n tokens.

        Raises ContextError, ValueError for a bad token id, UnsupportedModel for a tied head that differs.
        """
        states = [self._embedded(checked(sequence, self.settings)) for sequence in sequences]
        self._check_tied()
        for number in range(self.settings.layers):
            layer = layer_of(self._shelf, number)
            for place, x in enumerate(states):
                states[place] = self._through(x, layer, number)
            del layer
            self._tensors.forget()
        norm = final_norm_of(self._shelf)
        for group in self._groups(states):
            yield from self._headed(group, norm)

    def _embedded(self, tokens: list[int]) -> Floats:
        rows: Floats = self._tensors.chosen(self._shelf.name("embedding"), tokens) * self.settings.embedding_scale
        return rows

    def _through(self, x: Floats, layer: Layer, number: int) -> Floats:
        cache = Cache(self.settings)
        parts = (x[start : start + CHUNK] for start in range(0, len(x), CHUNK))
        return np.concatenate([one_layer(part, layer, number, self.settings, cache, len(x)) for part in parts])

    def _groups(self, states: list[Floats]) -> Iterator[list[Floats]]:
        """Yield the texts in groups whose logits fit `_LOGITS_BYTES`."""
        most = _LOGITS_BYTES // (4 * self.settings.vocab)
        group: list[Floats] = []
        for x in states:
            if group and sum(map(len, group)) + len(x) > most:
                yield group
                group = []
            group.append(x)
        yield group

    def _headed(self, group: list[Floats], norm: Norm) -> list[Floats]:
        s = self.settings
        parts = [[normed(x[a : a + CHUNK], norm, s) for a in range(0, len(x), CHUNK)] for x in group]
        found = [np.empty((len(x), s.vocab), dtype=np.float32) for x in group]
        for start, stop in self._spans():
            rows = self._head_rows(start, stop)
            for logits, chunks in zip(found, parts, strict=True):
                for number, chunk in enumerate(chunks):
                    place = slice(number * CHUNK, number * CHUNK + len(chunk))
                    logits[place, start:stop] = finished(rows(chunk), s)
            self._tensors.forget()
        return found

    def _spans(self) -> Iterator[tuple[int, int]]:
        step = max(1, _HEAD_ELEMENTS // self.settings.hidden // CHUNK) * CHUNK
        for start in range(0, self.settings.vocab, step):
            yield start, min(self.settings.vocab, start + step)

    def _head_rows(self, start: int, stop: int) -> Linear:
        shelf = self._shelf
        if self.settings.tied:
            return Linear(self._tensors.rows(shelf.name("embedding"), start, stop))
        bias = None
        if shelf.family.head_bias:
            bias = shelf.take(shelf.name("lm_head", suffix=".bias"), (self.settings.vocab,))[start:stop]
        return Linear(self._tensors.rows(shelf.name("lm_head"), start, stop), bias)

    def _check_tied(self) -> None:
        head, embedding = self._shelf.name("lm_head"), self._shelf.name("embedding")
        if self.settings.tied and head in self._tensors.shapes:
            for start, stop in self._spans():
                stored = self._tensors.rows(head, start, stop).copy()
                require_tied(head, np.array_equal(stored, self._tensors.rows(embedding, start, stop)))
                self._tensors.forget()


@contextmanager
def open_streamed(path: Path) -> Iterator[StreamedModel]:
    """Open the model folder or file at `path`, closing it afterwards.

    Raises UnsupportedModel for what is not known, MalformedWeights for broken files, OSError for missing ones.
    """
    with open_source(path) as source:
        yield StreamedModel(source)
