"""What a fuzz target is: a parser of foreign input, its named errors, and where to begin."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
REGRESSIONS = HERE / "regressions"
for _shared in (
    "weights",
    "evidence",
    "playbook",
    "engines",
    "registry",
    "reports",
):  # seeds are made by builders there
    sys.path.insert(0, str(HERE.parent / _shared))
INSTRUMENTED = ("apr_qa", "markdown_it", "jinja2")
"""Python packages whose branches guide the fuzzer; those in C and Rust are watched for crashes only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parser: `read` returns for a value, raises one of `refusals` for a named error, and does nothing else."""

    name: str
    read: Callable[[bytes], None]
    refusals: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]
    """Good inputs, so that the fuzzer begins behind the first check."""
    words: tuple[bytes, ...] = ()
    """Pieces of the language that mutation alone would hardly find."""
    longest: int = 2048
    """Bytes of one input."""

    def accepts(self, data: bytes) -> bool:
        """Return whether `data` gave a value. Raises whatever breaks the contract."""
        try:
            self.read(data)
        except self.refusals:
            return False
        return True


def names() -> list[str]:
    """Return the names of all targets: the files of the folder."""
    package = importlib.import_module("fuzz_parsers")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def target(name: str) -> Target:
    """Return the target of that name."""
    found: Target = importlib.import_module(f"fuzz_parsers.{name}").TARGET
    assert found.name == name
    return found


def text(data: bytes) -> str:
    """Return bytes as text; half a surrogate pair passes, as it does through JSON."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
