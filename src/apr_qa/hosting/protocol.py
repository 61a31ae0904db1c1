"""The nouns of the protocol: request, answer, scores, and the engine that hosts a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class HostError(Exception):
    """An expected refusal. `kind` is `load`, `request`, `context` or `unsupported`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question: a conversation, or a raw `prompt` that no template touches."""

    messages: tuple[Message, ...] = ()
    prompt: str | None = None
    max_tokens: int = 32
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int = 0
    top_logprobs: int = 0
    """How many alternatives to report for each generated token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said. Texts hold no special tokens; the end-of-sequence token is in neither text nor tokens."""

    text: str
    tokens: tuple[int, ...]
    prompt_tokens: int
    finish_reason: str
    """`stop` or `length`."""
    generate_s: float
    """Prompt and answer together, wall time."""
    decode_s: float | None = None
    """The part after the first token, when the engine tells it apart."""
    backend_ran: str = "cpu"
    top_logprobs: tuple[tuple[tuple[int, float], ...], ...] = ()
    """For each generated token, (id, natural log-probability), best first."""

    @property
    def tokens_per_s(self) -> float | None:
        """Speed of decoding where it is known, else of the whole answer; None when nothing was generated."""
        after_first = len(self.tokens) - 1
        if self.decode_s and after_first > 0:
            return after_first / self.decode_s
        return len(self.tokens) / self.generate_s if self.tokens and self.generate_s > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Teacher-forced scores of one position."""

    logsumexp: float
    """Of the raw logits, so that a log-probability plus it is the logit; 0 when only log-probabilities are known."""
    top: tuple[tuple[int, float], ...]
    """(id, natural log-probability), best first."""


class Host(Protocol):
    """An engine with at most one model loaded. Calls are never concurrent: the caller holds a lock."""

    name: str
    version: str

    def load(self, path: Path) -> None:
        """Load the model at `path`. Raises HostError of kind `load`."""

    def answer(self, request: Request) -> Answer:
        """Answer `request`. Raises HostError of kind `request`, `context` or `unsupported`."""

    def scores(self, tokens: Sequence[int], top_k: int) -> list[Scores]:
        """Return the scores of the token after each position of `tokens`. Raises HostError."""

    def save_logits(self, tokens: Sequence[int], out: Path) -> tuple[int, int]:
        """Write all logits (or log-probabilities) as float32 .npy of shape [positions, vocab]; return the shape."""
