"""What should happen on GitHub, as values. `apr_qa.github` performs them; a dry run prints them.

Each is a wish about a state, not a call: performing it twice leaves the same as performing it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class Mood(StrEnum):
    """Reactions to a command, as GitHub names them."""

    EYES = "eyes"
    ROCKET = "rocket"
    DONE = "+1"
    HOORAY = "hooray"
    REFUSED = "-1"
    CONFUSED = "confused"


class CheckStatus(StrEnum):
    """How far a check run is."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Conclusion(StrEnum):
    """How a check run ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    ACTION_REQUIRED = "action_required"


class TicketState(StrEnum):
    """What a ticket should be."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """The one reaction of ours on a comment. Decorative: failing to react fails nothing."""

    repo: str
    comment_id: int
    mood: Mood


@dataclass(frozen=True, slots=True, kw_only=True)
class StickyComment:
    """The one comment of ours under `key` on a pull request, edited in place."""

    repo: str
    number: int
    key: str
    body: str
    only_if_there: bool = False
    """Edit it, but do not begin one: for quiet modes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HideComments:
    """Comments of ours that are no longer true are folded away as outdated."""

    repo: str
    number: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A remark on lines of a file."""

    path: str
    line: int
    title: str
    message: str
    level: str = "failure"
    """notice, warning or failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """The check run under `key` on a commit."""

    repo: str
    sha: str
    name: str
    key: str
    status: CheckStatus
    title: str
    summary: str
    conclusion: Conclusion | None = None
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    details_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitFiles:
    """One signed commit on a branch whose head is still `expected_head`; else nothing happens and it is a conflict."""

    repo: str
    branch: str
    expected_head: str
    headline: str
    body: str = ""
    additions: Mapping[str, str] = field(default_factory=dict)
    """Whole texts by path."""
    deletions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch exists; where it is already, it is left where it is."""

    repo: str
    name: str
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """An open pull request from `head` into `base`, both of the same repository."""

    repo: str
    head: str
    base: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label exists in a repository."""

    repo: str
    name: str
    color: str = "ededed"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEffect:
    """The one issue whose body has the whole line `apr-qa-id: <fingerprint>`."""

    repo: str
    fingerprint: str
    state: TicketState
    title: str
    body: str
    """Without the id line, which is added."""
    labels: tuple[str, ...] = ()
    note: str = ""
    """Said in a comment when the state changes; once."""
    number: int | None = None
    """Known from the ledger; None: looked up by label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """A workflow run is stopped; one that has ended is left alone."""

    repo: str
    run_id: int


Effect: TypeAlias = (
    Reaction
    | StickyComment
    | HideComments
    | CheckRun
    | CommitFiles
    | Branch
    | PullRequest
    | Label
    | TicketEffect
    | CancelRun
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of an effect."""

    effect: Effect
    changed: bool
    """False: it was so already."""
    url: str = ""
    number: int | None = None
    """Of the issue or pull request; of the check run; of the comment."""
    note: str = ""
    """Why it was left undone, if it was."""
    failed: bool = False
    """It did not come about, and it should have."""
