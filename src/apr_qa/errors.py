"""Expected faults of the program: each knows its exit status and the remedy.

A model's failure is never an exception (it is a `Verdict`), and our own failure is never the model's.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The one table of exit statuses (design, section 5)."""

    PASSED = 0
    """CERTIFIED or PROVISIONAL, or the command did what was asked."""
    BLOCKED = 1
    """Judged and not passed: BLOCKED, or a claim falsified."""
    USAGE = 2
    """Bad usage or bad input: a missing path, a broken playbook, an unknown argument."""
    NO_VERDICT = 3
    """PARTIAL or FAIL: no verdict; or our own error."""
    INTERRUPTED = 130
    """Stopped by the user; the journal is kept and the same command goes on."""


class AprQaError(Exception):
    """An expected fault: what is wrong, where, and what to do about it."""

    exit_status: Exit = Exit.NO_VERDICT

    def __init__(self, problem: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" if self.where else self.problem


class InputError(AprQaError):
    """What the user gave cannot be used: playbook, path, option, evidence file."""

    exit_status = Exit.USAGE


class EngineMissingError(InputError):
    """The engine asked for is not installed, too old, or not one we know how to drive."""


class WorkspaceError(AprQaError):
    """The machine will not let us work: disk full, folder not writable, cache broken."""


class InterruptedRunError(AprQaError):
    """The user stopped the run; everything judged so far is in the journal."""

    exit_status = Exit.INTERRUPTED
