"""Conversions that an engine is asked for on trial: the way from format to format, and what became of each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format
from apr_qa.vocab.observation import Ending

Route: TypeAlias = tuple[Format, ...]
"""From the model's own file of the first format, through the others, to the last; two formats at least."""
Step: TypeAlias = tuple[Format, Format]
"""From one format to another in one command."""


def route_name(route: Sequence[str], *, again: bool = False) -> str:
    """Return the name of the file at the end of `route`; `again`: of a second one, made by the same last step."""
    return "-".join(route) + ("-again" if again else "")


def route_of(names: Sequence[str]) -> Route:
    """Return a route that was kept as JSON values. Raises ValueError for what is no format."""
    return tuple(Format(name) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One file that the engine on trial was told to make."""

    route: Route
    """How it came to be; the file itself is of the last format."""
    ending: Ending
    """ANSWERED: the engine claims success and the file is there."""
    message: str = ""
    """The engine's own error line, or ours about it."""
    argv: tuple[str, ...] = ()
    """The command of the last step, with names of files in place of folders."""
    elapsed_s: float = 0.0
    attempts: int = 1
    """2 when a crash was retried once."""
    artefact: Artefact | None = None
    """Gone, like all its files, when the claim has been judged."""
