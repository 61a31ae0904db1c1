"""What holds an engine process on this machine: the strictest fence that works, found out by trying."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from stat import S_IRGRP, S_IROTH

from apr_qa.errors import InputError
from apr_qa.run import strays
from apr_qa.run.fence import Fence
from apr_qa.run.fence_kernel import SOCKET_CALLS, landlock_version
from apr_qa.run.process import run
from apr_qa.vocab.command import Command

DEMAND = "APR_QA_REQUIRE_FENCE"
"""Names the weakest fence that this machine may do with."""
_PROBE_S = 10.0
_HELD = {
    Fence.NAMESPACES: (
        "network: none, a loopback of its own",
        "files: read-only but its own folder",
        "processes: none but its own",
        "devices, services and known secrets: out of sight",
    ),
}
_OPEN = (
    "network: not isolated",
    "files: not isolated",
    "processes: not isolated",
    "devices, services and known secrets: not isolated",
)


@functools.cache
def fence() -> Fence:
    """Return what is put around every engine process on this machine. Tried once."""
    if sys.platform.startswith("linux"):
        for kind in (Fence.NAMESPACES, Fence.LANDLOCK, Fence.LIFE):
            if works(kind):
                return kind
    return Fence.NONE


def works(kind: Fence) -> bool:
    """True when a program can be started inside such a fence here."""
    true = shutil.which("true")
    if not true:
        return False
    with tempfile.TemporaryDirectory(prefix="apr-qa-") as folder:
        completed = run(Command(argv=(true,), timeout_s=_PROBE_S), workdir=Path(folder), fence=kind)
    return completed.exit_status == 0


def demand() -> None:
    """Hold the machine to what the environment demands of it. Raises InputError when no such fence works here."""
    word = os.environ.get(DEMAND, "")
    if not word:
        return
    kinds = list(Fence)
    if word not in kinds:
        raise InputError(f"{word!r} is no fence", where=DEMAND, remedy=f"One of: {', '.join(kinds)}.")
    if kinds.index(fence()) < kinds.index(Fence(word)):
        raise InputError(
            f"engines cannot be fenced with {word} here, only with {fence()}",
            where=DEMAND,
            remedy="Allow user namespaces, in a container with --security-opt seccomp=unconfined; or demand less.",
        )


def out_of_reach(paths: Iterable[Path]) -> str:
    """Say which file the engine could not read, though root here can, since it is given no privileges; else nothing.

    That would be our doing, and must not look like the model's fault.
    """
    if os.geteuid() != 0 or fence() is Fence.NONE:
        return ""
    for path in paths:
        stat = path.stat()
        if stat.st_uid != 0 and not stat.st_mode & (S_IROTH | (S_IRGRP if stat.st_gid == 0 else 0)):
            return f"{path.name} belongs to another user and is closed to the engine: make it readable (chmod a+r)"
    return ""


def is_inside(pid: int) -> bool:
    """True once the program has left our network namespace."""
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    except OSError:
        return False


def facts() -> tuple[str, ...]:
    """What holds engine processes on this machine, in words."""
    kind = fence()
    held = ["process group", "time limit", "output limit", "scrubbed environment"]
    if strays.adopt_orphans():
        held.append("orphans adopted")
    if sys.platform.startswith("linux"):
        held.append("memory and file size limits")
    if kind is not Fence.NONE:
        held += ["ends with apr-qa", "no privileges"]
    sides = landlocked(landlock_version(), os.uname().machine) if kind is Fence.LANDLOCK else _HELD.get(kind, _OPEN)
    return (f"fence: {kind}", *sides, *held)


def landlocked(version: int, machine: str) -> tuple[str, ...]:
    """What Landlock holds, in words: less on kernels of a `version` before 6, or whose calls we cannot filter."""
    network = "no connections out" if version >= 4 and machine in SOCKET_CALLS else "not isolated"
    processes = "out of reach" if version >= 6 else "not isolated"
    return (
        f"network: {network}",
        "files: read-only but its own folder",
        f"processes: {processes}",
        "devices, services and known secrets: not isolated",
    )
