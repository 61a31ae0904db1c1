"""What an engine process is given: a scrubbed environment and hard limits."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path

import psutil

from apr_qa.vocab.command import Command

MARK = "APR_QA_CHILD"
"""Names the session in the environment of its processes, so that those that ran away are found."""

_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "SYSTEMROOT")
_MEMORY_SHARE = 0.9


def environment(extra: Mapping[str, str], *, workdir: Path, mark: str) -> dict[str, str]:
    """Return the whole environment of an engine process. Nothing of ours that could be a secret is in it."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    plain = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(workdir),
        "TMPDIR": str(workdir),
        "NO_COLOR": "1",
        "TERM": "dumb",
    }
    return {**plain, **kept, **extra, MARK: mark}


def limit(pid: int, command: Command) -> None:
    """Set the limits of a program just started. Where the system has no `prlimit`, there are none (see `machine`)."""
    with contextlib.suppress(OSError):  # when memory runs out, the engine goes first
        Path(f"/proc/{pid}/oom_score_adj").write_text("500", encoding="ascii")
    if not hasattr(resource, "prlimit"):
        return
    _limit(pid, resource.RLIMIT_CORE, 0)
    _limit(pid, resource.RLIMIT_FSIZE, command.file_limit_bytes)
    _limit(pid, resource.RLIMIT_DATA, command.memory_limit_bytes or int(psutil.virtual_memory().total * _MEMORY_SHARE))
    if command.process_limit is not None:
        _limit(pid, resource.RLIMIT_NPROC, command.process_limit)


def _limit(pid: int, kind: int, value: int) -> None:
    # The program may have ended already, or a lower limit may be inherited.
    with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
        _, hard = resource.prlimit(pid, kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (bound, bound))


def peak_rss_bytes(pid: int) -> int | None:
    """Peak resident memory of a living process so far; None when the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    sizes = [int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")]
    return sizes[0] if sizes else None
