"""Facts about this machine that may be published: no host name, no user name, no paths."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import tempfile
from pathlib import Path

import psutil

from apr_qa.run import isolation
from apr_qa.run.process import run
from apr_qa.vocab.command import Command
from apr_qa.vocab.machine import Machine

_PROBE_S = 20.0


@functools.cache
def machine() -> Machine:
    """Return what this machine is, as far as it bears on what can be certified. Looked at once."""
    return Machine(
        os=platform.system().lower(),
        arch=platform.machine(),
        cpu=_cpu(),
        cores=_cores(),
        memory_bytes=psutil.virtual_memory().total,
        gpu=_gpu(),
        python=platform.python_version(),
        isolation=isolation.facts(),
    )


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name") and ":" in line]
    return names[0] if names else platform.processor() or platform.machine()


def _gpu() -> str:
    program = shutil.which("nvidia-smi")
    if not program:
        return ""
    command = Command(argv=(program, "--query-gpu=name", "--format=csv,noheader"), timeout_s=_PROBE_S)
    with tempfile.TemporaryDirectory(prefix="apr-qa-") as folder:
        completed = run(command, workdir=Path(folder))
    if completed.exit_status != 0:
        return ""
    return ", ".join(line.strip() for line in completed.stdout.decode("utf-8", "replace").splitlines() if line.strip())
