"""Writing derived files: on the newest head or not at all, derived anew whenever somebody was faster."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apr_qa.files import digest_of
from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.github.errors import ConflictError, GitHubError, RefusedError
from apr_qa.github.snapshot import Snapshot, take_snapshot
from apr_qa.vocab.effects import Branch, CommitFiles, PullRequest

_ATTEMPTS = 60
_LONGEST_PAUSE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What should be written: whole texts by path, paths to remove, and what the commit says."""

    headline: str
    body: str = ""
    additions: Mapping[str, str] = field(default_factory=dict)
    deletions: tuple[str, ...] = ()


class How(StrEnum):
    """How a change was published."""

    NOTHING = "nothing to write"
    COMMITTED = "committed"
    PULL_REQUEST = "pull request"
    KEPT = "kept"
    """Neither was allowed: the change has to be handed over as an artefact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a change."""

    how: How
    url: str = ""
    commit: str = ""
    """That holds it: the one that was made, or the head where it was so already."""
    attempts: int = 1
    change: Change
    note: str = ""


Derive = Callable[[Snapshot], Change]
"""From the branch as it is now to what should change. Called again after each conflict, so it must be pure."""


def publish(client: Client, access: Access, repo: str, branch: str, derive: Derive) -> Published:
    """Commit what `derive` wants to `branch`; a branch that takes no commits gets a pull request.

    Raises MissingError when the branch is gone, GitHubError when others are faster again and again.
    """
    texts: dict[str, str] = {}
    for attempt in range(1, _ATTEMPTS + 1):
        snapshot = take_snapshot(client.door, repo, branch, texts)
        change = needed(derive(snapshot), snapshot)
        if not change.additions and not change.deletions:
            return Published(how=How.NOTHING, commit=snapshot.head, change=change, attempts=attempt)
        try:
            done = client.perform(_commit(snapshot, branch, snapshot.head, change))
        except ConflictError:
            pause = min(access.backoff_s * 2 ** min(attempt, 6), _LONGEST_PAUSE)
            access.wait(random.uniform(0, pause))  # noqa: S311  (so that those who collide do not meet again)
            continue
        except RefusedError as error:
            return _beside(client, snapshot, change, str(error))
        return Published(how=How.COMMITTED, url=done.url, commit=done.note, attempts=attempt, change=change)
    raise GitHubError(f"{repo} {branch} moved {_ATTEMPTS} times while we wrote", remedy="Run the publisher again.")


def needed(change: Change, snapshot: Snapshot) -> Change:
    """Return the part of a change that is not so already."""
    additions = {path: text for path, text in change.additions.items() if not snapshot.holds(path, text)}
    deletions = tuple(path for path in change.deletions if path in snapshot.blobs)
    return Change(headline=change.headline, body=change.body, additions=additions, deletions=deletions)


def _commit(snapshot: Snapshot, branch: str, head: str, change: Change) -> CommitFiles:
    return CommitFiles(
        repo=snapshot.repo,
        branch=branch,
        expected_head=head,
        headline=change.headline,
        body=change.body,
        additions=change.additions,
        deletions=change.deletions,
    )


def _beside(client: Client, snapshot: Snapshot, change: Change, why: str) -> Published:
    """Put the change on a branch of its own, named after what it holds, so that a second attempt finds the first."""
    name = f"apr-qa/registry-{digest_of([snapshot.head, dict(change.additions), list(change.deletions)])[:12]}"
    try:
        client.perform(Branch(repo=snapshot.repo, name=name, sha=snapshot.head))
        _once(client, snapshot, name, change)
        wanted = PullRequest(
            repo=snapshot.repo, head=name, base=snapshot.branch, title=change.headline, body=change.body
        )
        done = client.perform(wanted)
    except GitHubError as error:
        return Published(how=How.KEPT, change=change, note=f"{why}; {error}")
    return Published(how=How.PULL_REQUEST, url=done.url, change=change, note=why)


def _once(client: Client, snapshot: Snapshot, name: str, change: Change) -> None:
    """Commit to the branch of our own unless an earlier attempt did."""
    there = take_snapshot(client.door, snapshot.repo, name)
    if there.head == snapshot.head:
        client.perform(_commit(snapshot, name, snapshot.head, change))
