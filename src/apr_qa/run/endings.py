"""From what the system saw to how the asking ended: what an adapter cannot know or may get wrong is settled here."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from apr_qa.run.http import NoResponse, Trouble
from apr_qa.vocab.command import Completed, Stopped
from apr_qa.vocab.observation import Ending, Failing, Reply

PANIC = 101
"""Exit status of a Rust program that panicked."""
_DISK_IS_FULL_BYTES = 1 << 20


def reply_to(completed: Completed, read: Callable[[Completed], Reply], *, scratch: Path) -> Reply:
    """Return the adapter's reply to a program that ended, corrected by what the system saw for sure.

    The adapter's own exceptions are our bugs, never the model's fault.
    """
    settled = _settled(completed)
    if settled:
        return settled
    reply = guarded(lambda: read(completed))
    if completed.signal is not None or completed.exit_status == PANIC:
        said = f": {reply.message}" if reply.message else ""
        return replace(reply, ending=Ending.CRASHED, text=None, message=f"{crash_of(completed)}{said}")
    if reply.ending in (Ending.FAILED, Ending.CRASHED) and disk_is_full(scratch):
        return replace(reply, ending=Ending.UNSTARTED, message=f"the disk is full; the engine said: {reply.message}")
    return reply


def reply_to_nothing(nothing: NoResponse) -> Reply:
    """Return the reply of a server that lives but did not answer a request."""
    if nothing.trouble is Trouble.TIMEOUT:
        return timed_out(nothing.elapsed_s)
    return Reply(
        ending=Ending.FAILED, failing=Failing.PROTOCOL, message=f"no HTTP answer: {nothing.trouble}: {nothing.message}"
    )


def guarded(read: Callable[[], Reply]) -> Reply:
    """Return what an adapter read; its exceptions are our bugs and become `unstarted`."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001  (a plug-in may raise anything; the question is then not judged)
        return unstarted(f"the engine's adapter failed (a bug of apr-qa): {type(error).__name__}: {error}")


def unstarted(message: str) -> Reply:
    """Return the reply of a question that could not be asked, through no fault of the model."""
    return Reply(ending=Ending.UNSTARTED, message=message)


def timed_out(limit_s: float, *, failing: Failing | None = None) -> Reply:
    """Return the reply of an engine that gave none in time."""
    return Reply(ending=Ending.TIMEOUT, failing=failing, message=f"no answer within {limit_s:g} s")


def crash_of(completed: Completed) -> str:
    """Say in one line how a program crashed."""
    if completed.signal is None:
        return f"panicked (exit status {completed.exit_status})"
    try:
        name = signal.Signals(completed.signal).name
    except ValueError:
        name = "unknown signal"
    return f"ended by signal {completed.signal} ({name})"


def disk_is_full(scratch: Path) -> bool:
    """True when an engine that failed may have failed for want of space."""
    try:
        return shutil.disk_usage(scratch).free < _DISK_IS_FULL_BYTES
    except OSError:
        return False


def _settled(completed: Completed) -> Reply | None:
    """Return the reply when the system's view alone decides; None: ask the adapter."""
    if completed.stopped is Stopped.TIMEOUT:
        return timed_out(round(completed.elapsed_s, 1))
    if completed.stopped is Stopped.NOT_STARTED:
        return unstarted(completed.note)
    if completed.stopped is Stopped.OUTPUT_LIMIT:
        return Reply(
            ending=Ending.FAILED,
            failing=Failing.PROTOCOL,
            message=f"printed more than its limit and was ended ({completed.note})",
        )
    if completed.stopped is Stopped.EXCESS:
        return Reply(ending=Ending.FAILED, message=f"took too much and was ended ({completed.note})")
    return None
