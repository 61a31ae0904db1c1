"""What GitHub tells us happened. Texts that strangers wrote are of type ForeignText: they stay text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NewType, TypeAlias

from apr_qa.errors import InputError

ForeignText = NewType("ForeignText", str)
"""Written by anybody on the internet: never a command line, a path, an expression or markup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """Somebody wrote on a pull request."""

    repo: str
    """`owner/name`."""
    number: int
    comment_id: int
    author: str
    author_is_bot: bool
    is_open: bool
    """Whether the pull request is."""
    body: ForeignText
    default_branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Commits arrived on a branch."""

    repo: str
    branch: str
    """Empty for tags."""
    before: str
    after: str
    sender: str
    default_branch: str
    changed: tuple[str, ...]
    """Paths added or modified, each once, sorted."""
    messages: tuple[ForeignText, ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether it is the default branch that moved."""
        return self.branch == self.default_branch


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The clock struck."""

    repo: str
    cron: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Somebody pressed the button of a workflow."""

    repo: str
    branch: str
    sender: str
    default_branch: str
    inputs: Mapping[str, ForeignText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """An event that is none of our business, and why."""

    reason: str


Event: TypeAlias = Comment | Push | Schedule | Dispatch | Nothing


def parse_event(name: str, payload: Any) -> Event:
    """Return what the payload of event `name` tells. Raises InputError when it is not what GitHub sends."""
    readers = {
        "issue_comment": _comment,
        "push": _push,
        "schedule": _schedule,
        "workflow_dispatch": _dispatch,
    }
    if name not in readers:
        return Nothing(reason=f"the bot does not listen to `{name[:40]}`")
    try:
        return readers[name](payload)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"this is no payload of GitHub: {error}",
            where=f"event {name}",
            remedy="Hand over the event file unchanged.",
        ) from None


def _comment(payload: Any) -> Event:
    issue, comment = payload["issue"], payload["comment"]
    if payload["action"] != "created":
        return Nothing(reason="edited and deleted comments are not read: write a new one")
    if not issue.get("pull_request"):
        return Nothing(reason="commands are read on pull requests only")
    return Comment(
        repo=_text(payload["repository"]["full_name"]),
        number=_number(issue["number"]),
        comment_id=_number(comment["id"]),
        author=_text(comment["user"]["login"]),
        author_is_bot=comment["user"].get("type") != "User" or _text(comment["user"]["login"]).endswith("[bot]"),
        is_open=issue.get("state") == "open",
        body=ForeignText(_text(comment["body"])),
        default_branch=_text(payload["repository"]["default_branch"]),
    )


def _push(payload: Any) -> Event:
    if payload.get("deleted"):
        return Nothing(reason="a branch was deleted")
    commits = payload.get("commits") or []
    changed = {_text(path) for c in commits for path in (*c.get("added", ()), *c.get("modified", ()))}
    ref = _text(payload["ref"])
    return Push(
        repo=_text(payload["repository"]["full_name"]),
        branch=ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else "",
        before=_text(payload["before"]),
        after=_text(payload["after"]),
        sender=_text(payload["sender"]["login"]),
        default_branch=_text(payload["repository"]["default_branch"]),
        changed=tuple(sorted(changed)),
        messages=tuple(ForeignText(_text(c["message"])) for c in commits),
    )


def _schedule(payload: Any) -> Event:
    return Schedule(repo=_text(payload["repository"]["full_name"]), cron=_text(payload["schedule"]))


def _dispatch(payload: Any) -> Event:
    inputs = payload.get("inputs") or {}
    return Dispatch(
        repo=_text(payload["repository"]["full_name"]),
        branch=_text(payload["ref"]).removeprefix("refs/heads/"),
        sender=_text(payload["sender"]["login"]),
        default_branch=_text(payload["repository"]["default_branch"]),
        inputs={_text(key): ForeignText(_text(value)) for key, value in inputs.items()},
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {type(value).__name__}")
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"expected a number, found {type(value).__name__}")
    return value
