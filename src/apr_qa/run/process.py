"""The door through which programs start: in their own group, within limits, ended and reaped whatever happens."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Self

from apr_qa.run import strays, surroundings
from apr_qa.run.excess import Excess
from apr_qa.run.fence import Fence
from apr_qa.run.seen import Seen
from apr_qa.run.spawn import PIPE, Ended, NotStarted, Spawned
from apr_qa.run.streams import Capture, Pump
from apr_qa.vocab.command import Command, Completed, Stopped

GRACE_S = 0.5
"""Between SIGTERM and SIGKILL."""
_DRAIN_S = 2.0
_KILL_S = 10.0
_TICK_S = 0.1
_MUCH_BYTES = 64 << 10


def run(command: Command, *, workdir: Path, cancel: Event | None = None, fence: Fence = Fence.NONE) -> Completed:
    """Run a program to its end and return what was seen. `fence` is put around it (see `isolation`).

    Never raises for what the program does, nor when it cannot start (`Stopped.NOT_STARTED`).
    """
    try:
        child = Child(command, workdir=workdir, fence=fence)
    except NotStarted as error:
        return Completed(argv=command.argv, exit_status=None, stopped=Stopped.NOT_STARTED, note=str(error))
    with child:
        seen = child.wait(limit_s=command.timeout_s, cancel=cancel)
        return child.close(seen.stopped)


class Child:
    """A running program. Leaving its context ends it and all that it started."""

    def __init__(
        self,
        command: Command,
        *,
        workdir: Path,
        fence: Fence = Fence.NONE,
        talks: bool = False,
        stdin: int | None = None,
    ) -> None:
        """Start it in `workdir`. Its standard input is a pipe with `talks`, or the file descriptor `stdin`, if given.

        Raises NotStarted.
        """
        self.command = command
        self.stdout = Capture(command.output_limit_bytes)
        self.stderr = Capture(command.output_limit_bytes)
        self._changed = threading.Condition()
        self._ended = False
        self._peak: int | None = None
        self._completed: Completed | None = None
        self._closing = threading.Lock()
        self._mark = secrets.token_hex(8)
        self._began = time.monotonic()
        self._program = Spawned(command, workdir=workdir, mark=self._mark, fence=fence, stdin=PIPE if talks else stdin)
        self._excess = Excess(self.pid, self._mark, command, workdir)
        out, err = self._program.outputs
        self._pump = Pump({out: self.stdout, err: self.stderr}, self._changed)
        self._pump.start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close(Stopped.CANCELLED)

    @property
    def pid(self) -> int:
        """Of the program itself."""
        return self._program.pid

    @property
    def is_alive(self) -> bool:
        """False once the program itself has ended."""
        return not self._ended

    @property
    def over(self) -> Stopped | None:
        """Which limit it is over, if it is over one."""
        if self.stdout.is_over or self.stderr.is_over:
            return Stopped.OUTPUT_LIMIT
        return Stopped.EXCESS if self._excess.noticed() else None

    @property
    def peak_rss_bytes(self) -> int | None:
        """Peak resident memory of the program so far, if known."""
        self._note_peak()
        return self._peak

    def mark(self) -> None:
        """Forget what was printed so far."""
        with self._changed:
            self.stdout.mark()
            self.stderr.mark()

    def wait(
        self, accept: Callable[[bytes], bool] | None = None, *, limit_s: float, cancel: Event | None = None
    ) -> Seen:
        """Wait until `accept` likes what was printed since the last mark, or the program ends, or something is over."""
        deadline = time.monotonic() + limit_s
        looked_at = -1
        while True:
            self._note_peak()
            ended = self._ended
            if ended:
                self._drain()
            if accept and self.stdout.count != looked_at:
                looked_at = self.stdout.count
                if accept(self.stdout.all()):
                    return Seen.ACCEPTED
                if looked_at > _MUCH_BYTES:
                    time.sleep(_TICK_S / 10)  # do not look again at every byte
            if over := self._over(deadline, cancel, ended=ended):
                return over
            self._await_news(looked_at if accept else None, deadline)

    def write(self, data: bytes, *, limit_s: float, cancel: Event | None = None) -> Seen:
        """Write all of `data` to standard input: ACCEPTED, or what came first (ENDED when nobody reads any more)."""
        deadline = time.monotonic() + limit_s
        rest = memoryview(data)
        while rest:
            if over := self._over(deadline, cancel, ended=self._ended):
                return over
            try:
                rest = rest[os.write(self._program.stdin, rest) :]
            except BlockingIOError:
                with self._changed:
                    self._changed.wait(0.01)
            except OSError:
                return Seen.ENDED
        return Seen.ACCEPTED

    def close(self, stopped: Stopped | None = None) -> Completed:
        """End the program and everything it started, reap it, and return what was seen. `stopped` says why, if we did.

        May be called again, from any thread; the first word stands.
        """
        with self._closing:
            if self._completed is None:
                self._completed = self._close(stopped)
            return self._completed

    def _over(self, deadline: float, cancel: Event | None, *, ended: bool) -> Seen | None:
        if cancel and cancel.is_set():
            return Seen.CANCELLED
        if self.stdout.is_over or self.stderr.is_over:
            return Seen.OUTPUT_LIMIT
        if ended:
            return Seen.ENDED
        if self._excess.noticed():
            return Seen.EXCESS
        return Seen.TIMEOUT if time.monotonic() >= deadline else None

    def _await_news(self, looked_at: int | None, deadline: float) -> None:
        """Sleep until more than `looked_at` bytes have come (None: whatever comes), the end, or a moment later."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or looked_at not in (None, self.stdout.count),
                max(0.0, min(_TICK_S, deadline - time.monotonic())),
            )

    def _watch(self) -> None:
        self._program.await_end()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _drain(self) -> None:
        """Let what the ended program printed arrive, even while somebody else holds the pipes open."""
        deadline = time.monotonic() + _DRAIN_S
        with self._changed:
            before = -1
            while before != (before := self.stdout.count + self.stderr.count) and time.monotonic() < deadline:
                self._changed.wait_for(lambda: self.stdout.closed and self.stderr.closed, _TICK_S / 2)

    def _close(self, stopped: Stopped | None) -> Completed:
        self._note_peak()
        by_itself = self._ended
        if not by_itself:
            self._terminate()
        elapsed = time.monotonic() - self._began
        left = strays.end_kin(self.pid, self._mark)
        notes: list[str] = []
        if not self._pump.finish(_DRAIN_S):
            notes.append("somebody held the output open")
        stopped = None if by_itself else stopped
        if self.stdout.is_over or self.stderr.is_over:
            stopped = Stopped.OUTPUT_LIMIT
            notes.append(f"{self.stdout.dropped + self.stderr.dropped} bytes of output dropped")
        survived = not self._await_end(_KILL_S)
        if survived:
            notes.append("it survived SIGKILL")
        end = Ended(status=-signal.SIGKILL) if survived else self._program.reap()
        status = end.status
        if by_itself and left + end.left:
            notes.append(f"{left + end.left} process(es) left behind, ended")
        if stopped is Stopped.EXCESS:
            notes.append(self._excess.what)
        if end.failed:
            stopped = Stopped.NOT_STARTED
            notes.append(end.failed)
        return Completed(
            argv=self.command.argv,
            exit_status=status if status >= 0 else None,
            signal=-status if status < 0 else None,
            stopped=stopped,
            stdout=self.stdout.all(),
            stderr=self.stderr.all(),
            elapsed_s=elapsed,
            peak_rss_bytes=end.peak or self._peak,
            survived_kill=survived,
            note="; ".join(notes),
        )

    def _terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGTERM)
        if not self._await_end(GRACE_S):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _await_end(self, limit_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, limit_s)

    def _note_peak(self) -> None:
        if time.monotonic() - self._began > _TICK_S / 2:  # before, it may be the fence's
            self._peak = surroundings.peak_rss_bytes(self._program.engine_pid) or self._peak
