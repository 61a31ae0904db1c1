"""Performs effects.

Each performer looks before it writes, so an effect whose answer got lost is simply performed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from apr_qa.github import checks, comments, commits, issues
from apr_qa.github.access import Access
from apr_qa.github.door import Door
from apr_qa.github.errors import ConflictError, GitHubError, UnsureError
from apr_qa.text import one_line
from apr_qa.vocab.effects import (
    Branch,
    CancelRun,
    CheckRun,
    CommitFiles,
    Done,
    Effect,
    HideComments,
    Label,
    PullRequest,
    Reaction,
    StickyComment,
    TicketEffect,
)


def _cancel(door: Door, effect: CancelRun) -> Done:
    try:
        door.write("POST", f"/repos/{effect.repo}/actions/runs/{effect.run_id}/cancel")
    except ConflictError:
        return Done(effect=effect, changed=False, note="it has ended")
    return Done(effect=effect, changed=True)


_PERFORMERS: dict[type[Any], Callable[[Door, Any], Done]] = {
    Reaction: comments.react,
    StickyComment: comments.stick,
    HideComments: comments.hide,
    CheckRun: checks.check,
    CommitFiles: commits.commit,
    Branch: commits.branch,
    PullRequest: commits.pull_request,
    Label: issues.label,
    TicketEffect: issues.ticket,
    CancelRun: _cancel,
}
_DECORATIVE = (Reaction, HideComments)


class Client:
    """Performs effects on one GitHub."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.door = Door(access)

    def perform(self, effect: Effect) -> Done:
        """Bring about `effect`; again, it changes nothing. Raises GitHubError."""
        problem: GitHubError = GitHubError("never tried")
        for attempt in range(self._access.attempts):
            try:
                return self._settled(effect, attempt)
            except UnsureError as error:
                problem = error
                self._access.wait(self._access.backoff_s * 2**attempt)
        raise problem

    def perform_all(self, effects: Iterable[Effect]) -> tuple[Done, ...]:
        """Perform each effect, whatever becomes of the others; `failed` says which did not come about."""
        return tuple(map(self._or_problem, effects))

    def close(self) -> None:
        """Close the connections."""
        self.door.close()

    def _settled(self, effect: Effect, attempt: int) -> Done:
        perform = _PERFORMERS[type(effect)]
        done = perform(self.door, effect)
        if attempt and done.changed and isinstance(effect, StickyComment | TicketEffect):
            # The list that was looked at may have been older than the attempt before: doubles go now.
            return replace(done, number=perform(self.door, effect).number or done.number)
        return done

    def _or_problem(self, effect: Effect) -> Done:
        try:
            return self.perform(effect)
        except GitHubError as error:
            # (a reaction that cannot be left is no reason to fail anything)
            return Done(effect=effect, changed=False, note=str(error), failed=not isinstance(effect, _DECORATIVE))


def describe(effect: Effect) -> str:
    """Return what a dry run prints: one line with all fields that say something, long texts by length."""
    shown = ((entry.name, getattr(effect, entry.name)) for entry in fields(effect))
    parts = [f"{name}={_shown(value)}" for name, value in shown if value not in (None, "", (), False)]
    return " ".join([type(effect).__name__, *parts])


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"[{', '.join(one_line(str(key)) for key in value)}]"
    if isinstance(value, tuple):
        return f"({len(value)})"
    text = str(value)
    return one_line(text) if len(text) <= 80 and "\n" not in text else f"({len(text)} characters)"
