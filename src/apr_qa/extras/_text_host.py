"""The hosting protocol around any library that turns token ids into logits: template, decoding, scores."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from apr_qa.hosting import Answer, HostError, Request, Scores

Floats = npt.NDArray[np.float32]
Step = Callable[[Sequence[int]], Floats]
"""Feeds further tokens of one sequence; returns their logits, [tokens, vocab]."""


class Tokenizer(Protocol):
    """What is used of a tokenizer of transformers."""

    def __call__(self, text: str, **options: Any) -> Any:
        """Encode."""

    def apply_chat_template(self, messages: list[dict[str, str]], **options: Any) -> Any:
        """Render."""

    def decode(self, tokens: Sequence[int], **options: Any) -> str:
        """Decode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model, its tokenizer and where it stops."""

    tokenizer: Tokenizer
    eos: frozenset[int]
    context: int
    begin: Callable[[], Step]
    """Begins a sequence with an empty cache."""


class TextHost:
    """Holds at most one model; `load` of a library is all that differs."""

    def __init__(self, name: str, version: str, load: Callable[[Path], Loaded]) -> None:
        self.name = name
        self.version = version
        self._load = load
        self._model: Loaded | None = None

    def load(self, path: Path) -> None:
        """Load the model folder that `path` is or lies in. Raises HostError of kind `load`."""
        folder = path if path.is_dir() else path.parent
        if not (folder / "config.json").is_file():
            raise HostError("load", f"{folder.name} holds no config.json")
        try:
            self._model = self._load(folder)
        except HostError:
            raise
        except Exception as error:  # (a library can raise anything at a broken file)
            raise HostError("load", f"{type(error).__name__}: {error}") from error

    def answer(self, request: Request) -> Answer:
        """Answer one request. Raises HostError."""
        model = self._loaded()
        prompt = _prompt(model.tokenizer, request)
        if len(prompt) + request.max_tokens > model.context:
            sizes = f"{len(prompt)} prompt tokens and {request.max_tokens} new ones"
            raise HostError("context", f"{sizes} pass the context of {model.context}")
        started = time.perf_counter()
        step, fed, random = model.begin(), prompt, np.random.default_rng(request.seed)
        tokens: list[int] = []
        tops = []
        finish = "length"
        while len(tokens) < request.max_tokens:
            logits = step(fed)[-1]
            token = _choose(logits, request, random)
            if token in model.eos:
                finish = "stop"
                break
            tokens.append(token)
            tops += [_best(_log_softmax(logits), request.top_logprobs)] if request.top_logprobs else []
            fed = [token]
        return Answer(
            text=model.tokenizer.decode(tokens, skip_special_tokens=True),
            tokens=tuple(tokens),
            prompt_tokens=len(prompt),
            finish_reason=finish,
            generate_s=time.perf_counter() - started,
            top_logprobs=tuple(tops),
        )

    def scores(self, tokens: Sequence[int], top_k: int) -> list[Scores]:
        """Return the scores after each of `tokens`. Raises HostError."""
        logits = self._logits(tokens)
        logprobs = _log_softmax(logits)
        sums = logits[:, 0].astype(np.float64) - logprobs[:, 0]
        pairs = zip(sums, logprobs, strict=True)
        return [Scores(logsumexp=float(total), top=_best(row, top_k)) for total, row in pairs]

    def save_logits(self, tokens: Sequence[int], out: Path) -> tuple[int, int]:
        """Write raw logits, float32 [positions, vocab]. Raises HostError."""
        logits = self._logits(tokens)
        try:
            np.save(out, logits)
        except OSError as error:
            raise HostError("request", f"cannot write {out}: {error.strerror}") from None
        return len(logits), logits.shape[1]

    def _logits(self, tokens: Sequence[int]) -> Floats:
        model = self._loaded()
        if len(tokens) > model.context:
            raise HostError("context", f"{len(tokens)} tokens pass the context of {model.context}")
        return model.begin()(tokens)

    def _loaded(self) -> Loaded:
        if self._model is None:
            raise HostError("load", "no model is loaded")
        return self._model


def settings(folder: Path) -> dict[str, Any]:
    """Return config.json, updated with the stop tokens of generation_config.json. Raises OSError, ValueError."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    generation = folder / "generation_config.json"
    if generation.is_file():
        more = json.loads(generation.read_text(encoding="utf-8"))
        config["eos_token_id"] = more.get("eos_token_id", config.get("eos_token_id"))
    return config


def stop_tokens(*sources: object) -> frozenset[int]:
    """Return the ids in `sources`, each of which is an id, a list of them, or None."""
    lists = [source if isinstance(source, list | tuple | set | frozenset) else [source] for source in sources]
    return frozenset(item for items in lists for item in items if isinstance(item, int))


def _prompt(tokenizer: Tokenizer, request: Request) -> list[int]:
    text, special = request.prompt, True
    if text is None:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        try:
            text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        except Exception as error:  # (a template can raise anything)
            raise HostError("request", f"the chat template fails: {type(error).__name__}: {error}") from error
        special = False
    tokens = [int(token) for token in tokenizer(str(text), add_special_tokens=special)["input_ids"]]
    if not tokens:
        raise HostError("request", "the prompt has no tokens")
    return tokens


def _choose(logits: Floats, request: Request, random: np.random.Generator) -> int:
    """Greedy at temperature 0; else drawn from the smallest set of tokens that holds `top_p` of the probability."""
    if request.temperature == 0:
        return int(np.argmax(logits))
    chances = np.exp(_log_softmax(logits / request.temperature))
    order = np.argsort(-chances, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(chances[order]), request.top_p)) + 1]
    return int(random.choice(kept, p=chances[kept] / chances[kept].sum()))


def _log_softmax(logits: Floats) -> npt.NDArray[np.float64]:
    wide = logits.astype(np.float64)
    shifted = wide - wide.max(axis=-1, keepdims=True)
    logprobs: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logprobs


def _best(logprobs: npt.NDArray[np.float64], count: int) -> tuple[tuple[int, float], ...]:
    order = np.argsort(-logprobs, kind="stable")[:count]
    return tuple((int(token), float(logprobs[token])) for token in order)
