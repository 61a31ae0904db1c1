"""What we ask of the operating system or of a server, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to start. `argv` is never a shell string; `argv[0]` is an absolute path or a name on PATH."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the scrubbed environment."""
    timeout_s: float = 60.0
    output_limit_bytes: int = 8 * 1024 * 1024
    """Of stdout and of stderr each (in a session, of each answer); past it the program is ended."""
    file_limit_bytes: int = 1 << 30
    """The largest file it may write; twice as much in all."""
    memory_limit_bytes: int | None = None
    """Private memory of each process; None: nine tenths of the machine's. Mapped model files do not count."""
    process_limit: int | None = None
    """How many processes it may have; None: what suits the machine (`run.fence.process_limit`)."""


class Stopped(StrEnum):
    """Why a program ended other than by itself."""

    TIMEOUT = "timeout"
    OUTPUT_LIMIT = "output limit"
    EXCESS = "excess"
    """Too many processes, or too much written to its working folder."""
    CANCELLED = "cancelled"
    NOT_STARTED = "not started"
    """The system would not start it: missing, not executable, out of processes. Never the model's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What the system saw of a program that ended."""

    argv: tuple[str, ...]
    exit_status: int | None
    """None when a signal ended it or it never started."""
    signal: int | None = None
    stopped: Stopped | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    elapsed_s: float = 0.0
    peak_rss_bytes: int | None = None
    survived_kill: bool = False
    """It was still there a while after SIGKILL: the system itself hangs."""
    note: str = ""
    """Said by us: why it was not started, what was left behind and ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request to a server of ours; `path` is relative to its base URL."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What the server answered."""

    status: int
    body: bytes
    elapsed_s: float
