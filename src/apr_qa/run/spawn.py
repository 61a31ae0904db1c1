"""Starts and reaps programs: the one place that does."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess  # noqa: TID251  (this is the door)
import sys
import tempfile
from pathlib import Path

from apr_qa.run import strays, surroundings
from apr_qa.vocab.command import Command

PIPE = subprocess.PIPE
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class NotStarted(Exception):
    """The system would not start the program."""


class Spawned:
    """A program started in a session of its own, with pipes for its output."""

    def __init__(
        self, command: Command, *, workdir: Path, mark: str, fence: tuple[str, ...], stdin: int | None
    ) -> None:
        """Start it. `stdin`: PIPE, or a file descriptor; None: the command's own bytes. Raises NotStarted."""
        strays.adopt_orphans()
        try:
            with strays.STARTING, contextlib.ExitStack() as stack:
                self._popen = subprocess.Popen(
                    (*fence, *command.argv),
                    stdin=_stdin(command, stack) if stdin is None else stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=workdir,
                    env=surroundings.environment(command.env, workdir=workdir, mark=mark),
                    bufsize=0,
                    start_new_session=True,
                )
                strays.register(self._popen.pid, mark)
        except (OSError, ValueError) as error:
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

    def reap(self) -> tuple[int, int | None]:
        """Wait for the end; return (exit status or minus the signal, peak memory in bytes if known)."""
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak = None
        try:
            _, status, usage = os.wait4(self.pid, 0)
            self._popen.returncode = os.waitstatus_to_exitcode(status)
            # A new process begins with the peak of the process that started it; only a higher one is its own.
            if usage.ru_maxrss > ours:
                peak = usage.ru_maxrss * _RSS_UNIT
        except ChildProcessError:
            self._popen.returncode = 0
        strays.forget(self.pid)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        return self._popen.returncode, peak


def _stdin(command: Command, stack: contextlib.ExitStack) -> int:
    """Standard input from an unnamed file, so that no size of it can block us; else from /dev/null."""
    if not command.stdin:
        return subprocess.DEVNULL
    stream = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (the stack is its context)
    stream.write(command.stdin)
    stream.seek(0)
    return stream.fileno()
