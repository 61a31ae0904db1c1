"""What holds an engine process besides its limits: no network, and no life after ours, where the system allows it."""

from __future__ import annotations

import functools
import shutil
import sys
import tempfile
from pathlib import Path

from apr_qa.run import strays
from apr_qa.run.process import run
from apr_qa.vocab.command import Command

_PROBE_S = 10.0
_NO_NETWORK = (("unshare", "--net", "--"), ("unshare", "--user", "--map-root-user", "--net", "--"))
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--")
_LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as door:
    fcntl.ioctl(door, 0x8914, struct.pack("16sh14x", b"lo", 0x49))  # SIOCSIFFLAGS: up, loopback, running
try:
    os.execvp(sys.argv[1], sys.argv[1:])
except OSError as error:
    print(f"python: failed to execute {sys.argv[1]}: {error.strerror}", file=sys.stderr)
    sys.exit(127)
"""


@functools.cache
def network_fence() -> tuple[str, ...]:
    """What to put before an argv so that the program has no network; empty where the system does not allow it."""
    for prefix in _NO_NETWORK:
        if fence := _that_works(prefix):
            return fence
    return ()


@functools.cache
def server_fence() -> tuple[str, ...]:
    """As `network_fence`, with a loopback of the program's own; empty where we could not reach a server inside."""
    if not network_fence() or not shutil.which("nsenter"):
        return ()
    return _that_works((*network_fence(), sys.executable, "-I", "-S", "-c", _LOOPBACK_UP))


@functools.cache
def life_fence() -> tuple[str, ...]:
    """What to put before an argv so that the program dies when the thread that started it does."""
    return _that_works(_DIES_WITH_US)


def fence(*, server: bool = False) -> tuple[str, ...]:
    """Everything to put before an argv."""
    return (*(server_fence() if server else network_fence()), *life_fence())


def way_into(pid: int) -> tuple[str, ...]:
    """What to put before an argv so that the program runs in the network namespace of the program `pid`."""
    if "--user" in network_fence():
        return ("nsenter", "--target", str(pid), "--user", "--preserve-credentials", "--net", "--")
    return ("nsenter", f"--net=/proc/{pid}/ns/net", "--")


def is_inside(pid: int) -> bool:
    """True once the program has left our network namespace."""
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    except OSError:
        return False


def facts() -> tuple[str, ...]:
    """What holds engine processes on this machine, in words."""
    held = ["process group", "time limit", "output limit", "scrubbed environment"]
    if strays.adopt_orphans():
        held.append("orphans adopted")
    if sys.platform.startswith("linux"):
        held.append("memory and file size limits")
    if life_fence():
        held += ["ends with apr-qa", "no new privileges"]
    if server_fence():
        held.append("network: none, servers have a loopback of their own")
    elif network_fence():
        held.append("network: none for run and chat; servers: not isolated")
    else:
        held.append("network: not isolated")
    return tuple(held)


def _that_works(prefix: tuple[str, ...]) -> tuple[str, ...]:
    program, true = shutil.which(prefix[0]), shutil.which("true")
    if not program or not true:
        return ()
    tried = (program, *prefix[1:])
    with tempfile.TemporaryDirectory(prefix="apr-qa-") as folder:
        completed = run(Command(argv=(*tried, true), timeout_s=_PROBE_S), workdir=Path(folder))
    return tried if completed.exit_status == 0 else ()
