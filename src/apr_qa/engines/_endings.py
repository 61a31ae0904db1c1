"""How a program ended, before anybody reads its answer; shared by all engines."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from apr_qa.engines._values import decode
from apr_qa.text import one_line
from apr_qa.vocab.command import Completed, Stopped
from apr_qa.vocab.observation import Ending, Failing, Reply

MESSAGE_LIMIT = 300
_SPARED = (Ending.CRASHED, Ending.TIMEOUT)


def cut_short(completed: Completed) -> Reply | None:
    """Return the reply of a program that did not end by itself, or None when it did."""
    if completed.stopped is Stopped.TIMEOUT:
        return Reply(ending=Ending.TIMEOUT, message=f"no answer in {completed.elapsed_s:.1f} s")
    if completed.stopped is Stopped.OUTPUT_LIMIT:
        return failed(Failing.PROTOCOL, "printed more than the output limit and was ended")
    if completed.stopped is not None:
        return unstarted(completed.note or f"the program was {completed.stopped}")
    problem = _crash(completed)
    if problem:
        said = last_line(completed)
        return Reply(ending=Ending.CRASHED, message=f"{problem}: {said}" if said else problem)
    return unstarted("the system gave no exit status") if completed.exit_status is None else None


def _crash(completed: Completed) -> str:
    """Return what killed the program; a shell between us and it reports signal N as exit status 128 + N."""
    if completed.signal is not None:
        return f"ended by {_signal_name(completed.signal)}"
    status = completed.exit_status or 0
    return f"exit status {status}, as after {_signal_name(status - 128)}" if status > 128 else ""


def failed(failing: Failing, message: str) -> Reply:
    """Return the reply of an engine that reported a failure, or broke its own protocol."""
    return Reply(ending=Ending.FAILED, failing=failing, message=one_line(message, MESSAGE_LIMIT))


def refused(message: str, failing: Failing | None = None) -> Reply:
    """Return the reply of an engine that does not do what was asked."""
    return Reply(ending=Ending.REFUSED, failing=failing, message=one_line(message, MESSAGE_LIMIT))


def unstarted(message: str) -> Reply:
    """Return the reply to a question that could not be put, for a reason that is not the model's."""
    return Reply(ending=Ending.UNSTARTED, message=one_line(message, MESSAGE_LIMIT))


def last_line(completed: Completed) -> str:
    """Return the last line of standard error that says something, on one line."""
    lines = [line for line in decode(completed.stderr).splitlines() if line.strip()]
    return one_line(lines[-1], MESSAGE_LIMIT) if lines else ""


def fill_up(replies: Sequence[Reply], count: int, ended: Reply) -> tuple[Reply, ...]:
    """Complete the replies of a batch that ended early to `count`.

    A crash or a timeout belongs to the first question without an answer: those behind it were never asked. Any other
    ending (a file that does not load, a batch that is refused) holds for all of them.
    """
    missing = count - len(replies)
    if missing <= 0:
        return tuple(replies[:count])
    rest = unstarted("not asked: the batch ended at an earlier question") if ended.ending in _SPARED else ended
    return (*replies, ended, *[rest] * (missing - 1))


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
