"""What `apr-qa tools` does with each subcommand of apr: run it, ask for its help, or leave it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from apr_qa.catalog import _data

MODEL = "{model}"
_FILE = "apr_commands.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """A read-only command: its arguments after its name, and what its JSON answer must say."""

    args: tuple[str, ...]
    must: Mapping[str, Any] = field(default_factory=dict)


def tool_run(path: Sequence[str]) -> ToolRun | None:
    """Return how the command `path` is run on a model; None when it is not among the read-only ones."""
    return _runs().get(" ".join(path))


def why_not_run(path: Sequence[str]) -> str:
    """Return why the command `path`, or one above it, is left alone; empty when only nobody looked at it."""
    names = [" ".join(path[: length + 1]) for length in range(len(path))]
    return next((reason for reason, listed in _document()["not run"].items() for name in names if name in listed), "")


@cache
def _runs() -> Mapping[str, ToolRun]:
    return {
        name: ToolRun(args=tuple(map(str, entry["args"])), must=entry.get("must", {}))
        for name, entry in _document()["run"].items()
    }


@cache
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = _data.document(_FILE)
    return found
