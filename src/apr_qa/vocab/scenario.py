"""A scenario: one question put to one cell, with all that is needed to ask it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apr_qa.vocab.axes import Cell


class Role(StrEnum):
    """Who speaks in a conversation."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn. An assistant turn with empty content is a place the engine itself fills in."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleSpec:
    """Which oracle judges the answer, and what it expects (plain data, so that it is stored and hashed)."""

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    """From the playbook: tolerance, languages, min_relevance ..."""
    expected: Mapping[str, Any] = field(default_factory=dict)
    """Derived from the prompt when planned, for instance `{"number": "4"}`."""


class Purpose(StrEnum):
    """Why the scenario is asked: it counts as a matrix scenario, or a gate needs it besides."""

    MATRIX = "matrix"
    PROBE = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One question in one cell.

    `id` is unique in a plan, readable and stable: `safetensors-cpu-run-matrix-003`,
    `gguf-cpu-chat-probe-empty-0`.
    """

    id: str
    cell: Cell
    messages: tuple[Message, ...]
    oracle: OracleSpec
    engine: str = ""
    """Empty: the engine on trial. `reference`: the judge's own eye, asked for comparison."""
    purpose: Purpose = Purpose.MATRIX
    max_tokens: int = 32
    temperature: float = 0.0
    seed: int = 0
    timeout_s: float = 60.0
    cold: bool = False
    """Ask a freshly started engine, so that a cold start is measured on purpose."""
    repeat: int = 0
    """Repeat index: equal questions with different repeats must be asked anew."""

    @property
    def prompt(self) -> str:
        """The text of the last user turn."""
        users = [m.content for m in self.messages if m.role is Role.USER]
        return users[-1] if users else ""
