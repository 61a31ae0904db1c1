"""What `apr` means by its exit status and its error line (0.72.3; the table of its `error.rs`, provoked one by one)."""

from __future__ import annotations

import re

from apr_qa.engines._endings import MESSAGE_LIMIT, cut_short, failed, last_line, refused, unstarted
from apr_qa.engines._values import decode
from apr_qa.text import one_line
from apr_qa.vocab.command import Completed
from apr_qa.vocab.observation import Ending, Failing, Reply

PANIC = 101
_REFUSED = {2: Failing.USAGE, 9: None, 12: None, 14: None, 15: None}
"""Usage, feature off, not implemented, backend unavailable, constraint refused."""
_LOADING = (3, 4, 5, 6)
"""File missing, format invalid, contract violated, model not loaded."""
_CONTEXT = re.compile(r"context limit exceeded|KV cache is full", re.IGNORECASE)
_NOT_THE_MODELS = re.compile(r"failed to bind|no space left on device", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"batch inference not supported", re.IGNORECASE)
_INFERENCE = re.compile(r"empty completion|prompt (cannot be|is) empty", re.IGNORECASE)
_LOAD = re.compile(
    r"format error|invalid shape|invalid model file|is truncated:|exceeds file size|tokenizer encode failed"
    r"|tensor not found|failed to create|operation '(parse_|read_|get_tensor|safetensors_convert)|\[F-[A-Z]",
    re.IGNORECASE,
)
_PANIC_TEXT = re.compile(r"panicked at ([^\n]+?):?\n\s*([^\n]+)")


def failure(completed: Completed) -> Reply:
    """Return the reply of an `apr` that ended without the answer it owed."""
    early = cut_short(completed)
    if early is not None:
        return early
    status, message = completed.exit_status, error_line(completed)
    if status == 0:
        return failed(Failing.PROTOCOL, f"exit status 0 without an answer: {decode(completed.stdout[:200])}")
    if status == PANIC:
        context = Failing.CONTEXT if _CONTEXT.search(message) else None
        return Reply(ending=Ending.CRASHED, failing=context, message=message)
    if status in _REFUSED:
        return refused(message, _REFUSED[status])
    if status in _LOADING:
        return failed(Failing.LOAD, message)
    return judged(message) if status == 8 else failed(Failing.UNKNOWN, message)


def judged(message: str) -> Reply:
    """Return the reply for a failed inference by what its message says: exit status 8 covers loading as well."""
    if _NOT_THE_MODELS.search(message):
        return unstarted(message)
    if _UNSUPPORTED.search(message):
        return refused(message)
    for pattern, failing in ((_CONTEXT, Failing.CONTEXT), (_INFERENCE, Failing.INFERENCE), (_LOAD, Failing.LOAD)):
        if pattern.search(message):
            return failed(failing, message)
    return failed(Failing.INFERENCE, message)


def error_line(completed: Completed) -> str:
    """Return the line of standard error that says what went wrong: lines of noise stand before and after it."""
    said = decode(completed.stderr)
    panic = _PANIC_TEXT.search(said)
    if panic:
        return one_line(f"panicked at {panic.group(1)}: {panic.group(2)}", MESSAGE_LIMIT)
    errors = [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]
    return one_line(errors[-1], MESSAGE_LIMIT) if errors else last_line(completed)
