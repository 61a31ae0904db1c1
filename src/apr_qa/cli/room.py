"""The contract of a command file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JUDGE, SHARDS, READ = "Judge a model", "Judge on many machines", "Read the evidence"
REGISTRY, PLAYBOOKS = "Keep the registry", "Write playbooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class CliCommand:
    """One command: its function's signature is its options, its docstring its help."""

    name: str
    panel: str
    """Under which heading of `apr-qa --help` it stands."""
    order: int
    """Place under the heading."""
    run: Callable[..., Any]
    group: str = ""
    """For `apr-qa GROUP NAME`; empty for a command of its own."""
