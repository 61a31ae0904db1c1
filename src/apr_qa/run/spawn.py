"""Starts and reaps programs: the one place that does."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess  # noqa: TID251  (this is the door)
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from apr_qa.run import strays, surroundings
from apr_qa.run.fence import Fence, prefix
from apr_qa.vocab.command import Command

PIPE = subprocess.PIPE
_REPORT_BYTES = 64 << 10
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class NotStarted(Exception):
    """The system would not start the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended."""

    status: int
    """Exit status, or minus the signal."""
    peak: int | None = None
    """Peak resident memory in bytes, if known."""
    left: int = 0
    """Processes it left behind inside its fence, ended with it."""
    failed: str = ""
    """Why the fence did not start it."""


class Spawned:
    """A program started in a session of its own, with pipes for its output."""

    def __init__(self, command: Command, *, workdir: Path, mark: str, fence: Fence, stdin: int | None) -> None:
        """Start it. `stdin`: PIPE, or a file descriptor; None: the command's own bytes. Raises NotStarted."""
        strays.adopt_orphans()
        self._fence = fence
        self._inner = 0
        self._report, report = os.pipe()
        try:
            with strays.STARTING, contextlib.ExitStack() as stack:
                stack.callback(os.close, report)
                self._popen = subprocess.Popen(
                    (*prefix(fence, command, workdir=workdir, report=report), *command.argv),
                    stdin=_stdin(command, stack) if stdin is None else stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=workdir,
                    env=surroundings.environment(command.env, workdir=workdir, mark=mark),
                    bufsize=0,
                    start_new_session=True,
                    pass_fds=() if fence is Fence.NONE else (report,),
                )
                strays.register(self._popen.pid, mark)
        except (OSError, ValueError) as error:
            os.close(self._report)
            raise NotStarted(f"{command.argv[0]} did not start: {error}") from None
        self.pid = self._popen.pid
        surroundings.limit(self.pid, command)
        self.stdin = self._popen.stdin.fileno() if self._popen.stdin else -1
        if self._popen.stdin:
            os.set_blocking(self.stdin, False)

    @property
    def outputs(self) -> tuple[int, int]:
        """File descriptors of stdout and stderr, to read from."""
        out, err = self._popen.stdout, self._popen.stderr
        if out is None or err is None:
            raise RuntimeError("started without pipes")
        return out.fileno(), err.fileno()

    def await_end(self) -> None:
        """Return when the program has ended, without reaping: until then its process id, its group's, stays taken."""
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    @property
    def engine_pid(self) -> int:
        """Process id of the program itself, past the processes of its fence; 0 as long as it has none."""
        if self._fence is not Fence.NAMESPACES:
            return self.pid
        if not self._inner:
            first = strays.first_child(self.pid)
            self._inner = strays.first_child(first) if first else 0
        return self._inner

    def reap(self) -> Ended:
        """Wait for the end, and say how it was."""
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak = None
        try:
            _, status, usage = os.wait4(self.pid, 0)
            self._popen.returncode = os.waitstatus_to_exitcode(status)
            # A new process begins with the peak of the process that started it; only a higher one is its own.
            if usage.ru_maxrss > ours and self._fence is not Fence.NAMESPACES:
                peak = usage.ru_maxrss * _RSS_UNIT
        except ChildProcessError:
            self._popen.returncode = 0
        strays.forget(self.pid)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        told = self._told()
        return Ended(
            status=int(told.get("status", self._popen.returncode)),
            peak=int(told.get("peak", 0)) or peak,
            left=int(told.get("left", 0)),
            failed=told.get("failed", ""),
        )

    def _told(self) -> dict[str, str]:
        """What the fence reported. All that could write there has ended."""
        os.set_blocking(self._report, False)
        try:
            lines = os.read(self._report, _REPORT_BYTES).decode(errors="replace").splitlines()
        except BlockingIOError:  # (somebody outlived SIGKILL)
            lines = []
        os.close(self._report)
        words = [word for line in lines for word in ([line] if line.startswith("failed=") else line.split())]
        return {name: value for name, _, value in (word.partition("=") for word in words)}


def _stdin(command: Command, stack: contextlib.ExitStack) -> int:
    """Standard input from an unnamed file, so that no size of it can block us; else from /dev/null."""
    if not command.stdin:
        return subprocess.DEVNULL
    stream = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (the stack is its context)
    stream.write(command.stdin)
    stream.seek(0)
    return stream.fileno()
