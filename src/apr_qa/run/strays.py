"""Finds and ends every process that a program left behind, also those that left its process group.

We adopt orphans (Linux: child subreaper), so that a process that forked twice and changed its session becomes a child
of ours. To whom it belongs is told by the mark in its environment; one that hides its mark is ended with the next
session that ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil

from apr_qa.run.surroundings import MARK

STARTING = threading.Lock()
"""Held while a program starts, so that a child of ours is never taken for an orphan."""

_LEADERS: dict[int, str] = {}
_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 200
_PAUSE_S = 0.01


@functools.cache
def adopt_orphans() -> bool:
    """Become the parent of orphaned descendants; False where the system has no such thing."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def register(leader: int, mark: str) -> None:
    """Remember a program of ours, started while `STARTING` was held."""
    _LEADERS[leader] = mark


def forget(leader: int) -> None:
    """Forget a program that was reaped."""
    _LEADERS.pop(leader, None)


def first_child(pid: int) -> int:
    """Return the process id of the oldest child of `pid`; 0 when there is none."""
    return min(_children(pid), default=0)


def count_kin(leader: int, mark: str) -> int:
    """Return how many processes the session of `leader` has besides it."""
    with STARTING:
        return len(_kin(leader, mark))


def end_kin(leader: int, mark: str) -> int:
    """End all processes of the session of `leader`, which ended or is about to and is not reaped; return how many.

    The leader itself is signalled with its group and not counted.
    """
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        with STARTING:
            kin = _kin(leader, mark)
            living = {pid for pid in kin if not _is_dead(pid)}
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)
            for pid in kin:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        if not kin:
            break
        ended |= living
        time.sleep(_PAUSE_S)
    return len(ended)


def _kin(leader: int, mark: str) -> set[int]:
    """All below `leader`, and all orphans of its session below us; dead ones are reaped or still to be reaped."""
    kin = _below(leader)
    others = set(_LEADERS.values()) - {mark}
    for pid in _children(os.getpid()) - _LEADERS.keys():
        if not _is_own(pid) and not _reaped(pid) and _mark(pid) not in others:
            kin |= {pid} | _below(pid)
    return kin


def _is_own(pid: int) -> bool:
    """True for a child that this program started by other means: it is in our session, as an engine's never is."""
    try:
        return os.getsid(pid) == os.getsid(0)
    except ProcessLookupError:
        return True


def _reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _mark(pid: int) -> str:
    """The mark in the environment of `pid`; empty when it has none or does not show it."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    prefix = f"{MARK}=".encode()
    return next((entry[len(prefix) :].decode("ascii", "replace") for entry in entries if entry.startswith(prefix)), "")


def _is_dead(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _below(pid: int) -> set[int]:
    found: set[int] = set()
    ahead = [pid]
    while ahead:
        fresh = _children(ahead.pop()) - found
        found |= fresh
        ahead += fresh
    return found


def _children(pid: int) -> set[int]:
    """Direct children of `pid`. The kernel's own list is a hundred times faster than a look at every process."""
    try:
        lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return _children_by_psutil(pid)
    return {int(child) for line in lists for child in line.split()}


def _children_by_psutil(pid: int) -> set[int]:
    try:
        return {child.pid for child in psutil.Process(pid).children()}
    except psutil.Error:
        return set()
