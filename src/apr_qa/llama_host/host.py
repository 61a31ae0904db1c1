"""llama.cpp behind the hosting protocol: the file's own template, greedy or seeded, log-probabilities as they are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from apr_qa.hosting import Answer, HostError, Request, Scores
from apr_qa.llama_host.backend import LONGEST_CONTEXT, Backend
from apr_qa.weights import MalformedWeights, read_header

_SEEDS = 0xFFFFFFFF
"""llama.cpp takes a seed of 32 bits, and the largest one for `choose yourself`."""
_FORCED = 1e6
"""Bias that makes a token certain to be drawn; reported probabilities are those before it."""


class LlamaHost:
    """Holds one GGUF model."""

    name = "llama.cpp"
    version = version("xllamacpp")

    def __init__(self) -> None:
        self._backend: Backend | None = None
        self._has_template = True

    def load(self, path: Path) -> None:
        """Load the GGUF file at `path`. Raises HostError of kind `load`."""
        self._backend = Backend(path)
        try:
            self._has_template = "tokenizer.chat_template" in read_header(path).metadata
        except (MalformedWeights, OSError):
            self._has_template = True  # llama.cpp took a file that our strict reader refuses: its answer is the finding

    def answer(self, request: Request) -> Answer:
        """Answer one request. Raises HostError."""
        backend = self._loaded()
        prompt = self._prompt(backend, request)
        _fits(backend, len(prompt), request.max_tokens)
        started = time.perf_counter()
        said = backend.ask("POST", "/completion", {"prompt": prompt, **_sampling(request)})
        elapsed = time.perf_counter() - started
        tokens = list(said["tokens"])
        stopped = said["stop_type"] == "eos"
        if stopped and tokens:
            tokens.pop()  # the end-of-sequence token itself
        return Answer(
            text=str(said["content"]),
            tokens=tuple(tokens),
            prompt_tokens=len(prompt),
            finish_reason="stop" if stopped else "length",
            generate_s=elapsed,
            decode_s=float(said["timings"]["predicted_ms"]) / 1000,
            top_logprobs=_tops(said, len(tokens)) if request.top_logprobs else (),
        )

    def scores(self, tokens: Sequence[int], top_k: int) -> list[Scores]:
        """Return log-probabilities after each of `tokens`; raw logits are not to be had. Raises HostError."""
        backend = self._loaded()
        _fits(backend, len(tokens), 1)
        count = min(top_k, backend.vocabulary)
        return [Scores(logsumexp=0.0, top=row) for row in self._rows(backend, tokens, count)]

    def save_logits(self, tokens: Sequence[int], out: Path) -> tuple[int, int]:
        """Write log-probabilities, float32 [positions, vocab]. Raises HostError."""
        backend = self._loaded()
        _fits(backend, len(tokens), 1)
        logprobs = np.full((len(tokens), backend.vocabulary), -np.inf, dtype=np.float32)
        for place, row in enumerate(self._rows(backend, tokens, backend.vocabulary)):
            for token, logprob in row:
                logprobs[place, token] = logprob
        try:
            np.save(out, logprobs)
        except OSError as error:
            raise HostError("request", f"cannot write {out}: {error.strerror}") from None
        return len(tokens), backend.vocabulary

    def _rows(self, backend: Backend, tokens: Sequence[int], count: int) -> list[tuple[tuple[int, float], ...]]:
        """A token inside an unfinished character would get no row, so a plain letter is forced after each prefix."""
        letter = backend.ask("POST", "/tokenize", {"content": "a", "add_special": False})["tokens"][-1]
        rows: list[tuple[tuple[int, float], ...]] = []
        for end in range(1, len(tokens) + 1):
            body = {"prompt": list(tokens[:end]), "n_predict": 1, "n_probs": count, "temperature": 0.0}
            body |= {"logit_bias": [[letter, _FORCED]], "cache_prompt": True}
            rows += _tops(backend.ask("POST", "/completion", body), 1)
        return rows

    def _loaded(self) -> Backend:
        if self._backend is None:
            raise HostError("load", "no model is loaded")
        return self._backend

    def _prompt(self, backend: Backend, request: Request) -> list[int]:
        text = request.prompt
        if text is None:
            if not self._has_template:
                raise HostError("unsupported", "the file holds no chat template, and none is guessed")
            messages = [{"role": m.role, "content": m.content} for m in request.messages]
            text = backend.ask("POST", "/apply-template", {"messages": messages})["prompt"]
        told = {"content": text, "add_special": True, "parse_special": True}
        tokens: list[int] = backend.ask("POST", "/tokenize", told)["tokens"]
        if not tokens:
            raise HostError("request", "the prompt has no tokens")
        return tokens


def _sampling(request: Request) -> dict[str, Any]:
    """Every setting is named: llama.cpp's defaults would sample, cut the distribution and reuse the cache."""
    return {
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        "top_k": 0,
        "top_p": request.top_p,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "seed": request.seed % _SEEDS,
        "n_probs": request.top_logprobs,
        "return_tokens": True,
        "cache_prompt": False,
    }


def _fits(backend: Backend, given: int, new: int) -> None:
    sizes = f"{given} prompt tokens and {new} new ones"
    if given + new > backend.trained_context:
        raise HostError("context", f"{sizes} pass the context of {backend.trained_context}")
    if given + new > LONGEST_CONTEXT:
        raise HostError("unsupported", f"{sizes} pass the {LONGEST_CONTEXT} that this host gives a model")


def _tops(said: dict[str, Any], count: int) -> tuple[tuple[tuple[int, float], ...], ...]:
    rows = said["completion_probabilities"][:count]
    if len(rows) < count:
        raise HostError("unsupported", "llama.cpp gives no probabilities for tokens inside an unfinished character")
    return tuple(tuple((int(e["id"]), float(e["logprob"])) for e in row["top_logprobs"]) for row in rows)
