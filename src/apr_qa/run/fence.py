"""What may be put around an engine's process, and the words that start it inside."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path

import psutil

from apr_qa.run import fence_program
from apr_qa.vocab.command import Command

_MEMORY_SHARE = 0.9
_PROCESSES, _PROCESSES_A_CORE = 512, 64
_SECRETS = (
    *(".ssh", ".gnupg", ".aws", ".azure", ".config/gcloud", ".config/gh", ".docker", ".kube", ".password-store"),
    *(".netrc", ".git-credentials", ".npmrc", ".pypirc", ".cargo/credentials.toml", ".config/hub"),
    *(".cache/huggingface/token", ".cache/huggingface/stored_tokens", ".huggingface/token", ".bash_history"),
)
_SOCKETS = "/run"
"""Where services listen on sockets that are files: a read-only folder does not keep anybody from talking to them."""


class Fence(StrEnum):
    """From none to the strictest."""

    NONE = "none"
    LIFE = "life"
    """Limits; it ends with the thread that started it, and has no privileges."""
    LANDLOCK = "landlock"
    """Also: no file is written outside its folder, no connection made, nobody else's process touched."""
    NAMESPACES = "namespaces"
    """Also: a loopback of its own; no processes, devices, services and known secrets of others in sight."""


def prefix(fence: Fence, command: Command, *, workdir: Path, report: int) -> tuple[str, ...]:
    """Return what stands before the command's argv. `report`: the descriptor for what the fence has to tell."""
    if fence is Fence.NONE:
        return ()
    memory = command.memory_limit_bytes or int(psutil.virtual_memory().total * _MEMORY_SHARE)
    words = (
        *(fence, report, os.getpid(), workdir.resolve()),
        *(0, command.file_limit_bytes, memory),
        *(command.process_limit or process_limit(), "own" if command.process_limit is None else "user"),
        ":".join(_masks() if fence is Fence.NAMESPACES else []),
    )
    return (sys.executable, "-I", "-S", fence_program.__file__, *map(str, words))


def process_limit() -> int:
    """How many processes and threads an engine may have on this machine when its command does not say."""
    return _PROCESSES + _PROCESSES_A_CORE * (os.cpu_count() or 1)


def _masks() -> list[str]:
    home = Path.home()
    found = [path for path in (home / name for name in _SECRETS) if path.exists() and not path.is_symlink()]
    return [_SOCKETS, *map(str, found)]
