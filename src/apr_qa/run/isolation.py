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


@functools.cache
def network_fence() -> tuple[str, ...]:
    """What to put before an argv so that the program has no network; empty where the system does not allow it."""
    for prefix in _NO_NETWORK:
        if fence := _that_works(prefix):
            return fence
    return ()


@functools.cache
def life_fence() -> tuple[str, ...]:
    """What to put before an argv so that the program dies when the thread that started it does."""
    return _that_works(_DIES_WITH_US)


def fence(*, network: bool) -> tuple[str, ...]:
    """Everything to put before an argv. `network`: the program must be reachable, as a server must."""
    return (*(() if network else network_fence()), *life_fence())


def facts() -> tuple[str, ...]:
    """What holds engine processes on this machine, in words."""
    held = ["process group", "time limit", "output limit", "scrubbed environment"]
    if strays.adopt_orphans():
        held.append("orphans adopted")
    if sys.platform.startswith("linux"):
        held.append("memory and file size limits")
    if life_fence():
        held += ["ends with apr-qa", "no new privileges"]
    if network_fence():
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
