"""The engine behind the hosting protocol."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from apr_qa import __version__
from apr_qa.hosting import Answer, HostError, Request, Scores
from apr_qa.reference.model import ContextError, Model, Sampling
from apr_qa.reference.record import Floats, UnknownArchitecture, UnsupportedModel
from apr_qa.reference.sampling import best, log_softmax
from apr_qa.reference.tokenizer import Tokenizer, load_tokenizer
from apr_qa.weights import MalformedWeights


class ReferenceHost:
    """Holds one model and its tokenizer."""

    name = "reference"
    version = __version__

    def __init__(self) -> None:
        self._model: Model | None = None
        self._tokenizer: Tokenizer | None = None
        self._no_tokenizer = ""

    def load(self, path: Path) -> None:
        """Load the model at `path`; a missing tokenizer is refused when text is asked for, not before."""
        try:
            self._model = Model.load(path)
        except UnknownArchitecture as error:  # nothing is wrong with it that we know of
            raise HostError("unsupported", str(error)) from None
        except (UnsupportedModel, MalformedWeights) as error:
            raise HostError("load", str(error)) from None
        except OSError as error:
            raise HostError("load", f"{error.filename}: {error.strerror}") from None
        try:
            self._tokenizer = load_tokenizer(path)
        except (UnsupportedModel, OSError) as error:
            self._no_tokenizer = str(error)

    def answer(self, request: Request) -> Answer:
        """Answer one request. Raises HostError."""
        model, tokenizer = self._loaded()
        prompt = self._prompt(tokenizer, request)
        if len(prompt) + request.max_tokens > model.settings.context:
            sizes = f"{len(prompt)} prompt tokens and {request.max_tokens} new ones"
            raise HostError("context", f"{sizes} pass the context of {model.settings.context}")
        started = time.perf_counter()
        first = started
        tokens: list[int] = []
        tops: list[tuple[tuple[int, float], ...]] = []
        finish = "length"
        sampling = Sampling(request.temperature, request.top_p, request.seed)
        for token, logits in model.steps(prompt, sampling):
            if token in tokenizer.eos_ids:
                finish = "stop"
                break
            first = first if tokens else time.perf_counter()
            tokens.append(token)
            tops.extend(_top(logits, request.top_logprobs))
            if len(tokens) == request.max_tokens:
                break
        ended = time.perf_counter()
        return Answer(
            text=tokenizer.decode(tokens),
            tokens=tuple(tokens),
            prompt_tokens=len(prompt),
            finish_reason=finish,
            generate_s=ended - started,
            decode_s=ended - first,
            top_logprobs=tuple(tops),
        )

    def scores(self, tokens: Sequence[int], top_k: int) -> list[Scores]:
        """Return the scores after each of `tokens`. Raises HostError."""
        logits = self._logits(tokens)
        logprobs = log_softmax(logits)
        sums = logits[:, 0].astype(np.float64) - logprobs[:, 0]
        return [Scores(logsumexp=float(total), top=best(row, top_k)) for total, row in zip(sums, logprobs, strict=True)]

    def save_logits(self, tokens: Sequence[int], out: Path) -> tuple[int, int]:
        """Write raw logits, float32 [positions, vocab]. Raises HostError."""
        logits = self._logits(tokens)
        try:
            np.save(out, logits)
        except OSError as error:
            raise HostError("request", f"cannot write {out}: {error.strerror}") from None
        return len(logits), logits.shape[1]

    def _loaded(self) -> tuple[Model, Tokenizer]:
        if self._model is None:
            raise HostError("load", "no model is loaded")
        if self._tokenizer is None:
            raise HostError("unsupported", self._no_tokenizer)
        return self._model, self._tokenizer

    def _prompt(self, tokenizer: Tokenizer, request: Request) -> list[int]:
        try:
            if request.prompt is not None:
                tokens = tokenizer.encode(request.prompt)
            else:
                tokens = tokenizer.encode_chat([{"role": m.role, "content": m.content} for m in request.messages])
        except UnsupportedModel as error:
            raise HostError("request", str(error)) from None
        if not tokens:
            raise HostError("request", "the prompt has no tokens")
        return tokens

    def _logits(self, tokens: Sequence[int]) -> Floats:
        if self._model is None:
            raise HostError("load", "no model is loaded")
        try:
            return self._model.logits(tokens)
        except ContextError as error:
            raise HostError("context", str(error)) from None
        except ValueError as error:
            raise HostError("request", str(error)) from None


def _top(logits: Floats, count: int) -> list[tuple[tuple[int, float], ...]]:
    return [best(log_softmax(logits), count)] if count else []
