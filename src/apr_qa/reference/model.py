"""A loaded model: logits of a sequence, and generation with a key-value cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from apr_qa.reference.activations import ACTIVATIONS
from apr_qa.reference.cache import Cache
from apr_qa.reference.config import read_settings
from apr_qa.reference.forward import forward, logits_of
from apr_qa.reference.loading import load_parameters
from apr_qa.reference.record import Floats, Parameters, Settings, UnsupportedModel
from apr_qa.reference.rope import frequencies_of, longer_than_first
from apr_qa.reference.sampling import choose
from apr_qa.reference.source import Source, open_source

CHUNK = 256
"""Tokens of a prompt that go through the layers together; bounds the memory of the score matrices."""


class ContextError(Exception):
    """The sequence would pass the model's maximum number of positions."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose tokens; temperature 0 is greedy."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0


class Model:
    """Float32 parameters and the numbers to use them with."""

    def __init__(self, settings: Settings, parameters: Parameters) -> None:
        self.settings = settings
        self._parameters = parameters

    @classmethod
    def load(cls, path: Path) -> Model:
        """Load the model folder or file at `path`.

        Raises UnsupportedModel for what is not known, MalformedWeights for broken files, OSError for missing ones.
        """
        with open_source(path) as source:
            settings = settings_of(source)
            return cls(settings, load_parameters(source.tensors, source.family, settings))

    def logits(self, token_ids: Sequence[int]) -> Floats:
        """Return the logits [n, vocab] after each of the n tokens. Raises ContextError, ValueError for a bad id."""
        tokens = checked(token_ids, self.settings)
        parts = self._chunks(tokens, Cache(self.settings), len(tokens))
        return np.concatenate([logits_of(self._parameters, self.settings, part) for part in parts])

    def generate(
        self,
        token_ids: Sequence[int],
        max_tokens: int,
        eos_ids: frozenset[int] = frozenset(),
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> list[int]:
        """Return at most `max_tokens` new tokens; one of `eos_ids` ends the text and is not returned."""
        sampling = Sampling(temperature=temperature, seed=seed)
        new: list[int] = []
        for token, _ in self.steps(token_ids, sampling):
            if token in eos_ids:
                break
            new.append(token)
            if len(new) == max_tokens:
                break
        return new

    def steps(self, token_ids: Sequence[int], sampling: Sampling) -> Iterator[tuple[int, Floats]]:
        """Yield each chosen token with the logits [vocab] it was chosen from, without end.

        Raises ContextError when the context is full.
        """
        tokens = checked(token_ids, self.settings)
        cache = Cache(self.settings)
        chance = np.random.default_rng(sampling.seed)
        *_, last = self._chunks(tokens, cache, len(tokens))
        while True:
            logits = logits_of(self._parameters, self.settings, last[-1:])[0]
            token = choose(logits, sampling.temperature, sampling.top_p, chance)
            yield token, logits
            if cache.length == self.settings.context:
                raise ContextError(f"the context of {self.settings.context} positions is full")
            tokens.append(token)
            if self._changes_turn(len(tokens)):
                cache = Cache(self.settings)
                *_, last = self._chunks(tokens, cache, len(tokens))
            else:
                last = forward(self._parameters, self.settings, [token], cache, len(tokens))

    def _changes_turn(self, length: int) -> bool:
        """Return whether at `length` all earlier keys turn otherwise than at one less."""
        rope = self.settings.rope
        return longer_than_first(rope, length) and not longer_than_first(rope, length - 1)

    def _chunks(self, tokens: list[int], cache: Cache, length: int) -> Iterator[Floats]:
        for start in range(0, len(tokens), CHUNK):
            yield forward(self._parameters, self.settings, tokens[start : start + CHUNK], cache, length)


def settings_of(source: Source) -> Settings:
    """Return the numbers of the model. Raises UnsupportedModel for what is not known."""
    settings = read_settings(source.family, source.config)
    settings = replace(settings, rope=replace(settings.rope, factors=source.rope_factors))
    if settings.activation not in ACTIVATIONS:
        raise UnsupportedModel(f"the activation {settings.activation!r} is not computed")
    for length in (1, settings.context):  # a broken rope is found now, not at the first long prompt
        frequencies_of(settings.rope, length, settings.context)
    return settings


def checked(token_ids: Sequence[int], settings: Settings) -> list[int]:
    """Return the tokens of a sequence. Raises ContextError, and ValueError for none or for a bad id."""
    tokens = list(token_ids)
    if not tokens:
        raise ValueError("an empty sequence has no logits")
    if len(tokens) > settings.context:
        raise ContextError(f"{len(tokens)} tokens pass the context of {settings.context}")
    if not all(0 <= token < settings.vocab for token in tokens):
        raise ValueError(f"a token id lies outside the vocabulary of {settings.vocab}")
    return tokens
