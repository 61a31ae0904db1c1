"""What the fake GitHub remembers."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gh_git import GitData

BOT = "apr-qa[bot]"


@dataclass(slots=True)
class FakeComment:
    id: int
    issue: int
    author: str
    body: str
    hidden: bool = False
    edits: int = 0
    history: list[str] = field(default_factory=list)
    """What it said before."""
    reactions: dict[int, tuple[str, str]] = field(default_factory=dict)
    """(login, content) by id."""


@dataclass(slots=True)
class FakeIssue:
    number: int
    title: str
    body: str
    author: str = BOT
    state: str = "open"
    reason: str | None = None
    labels: list[str] = field(default_factory=list)
    pull: dict[str, Any] | None = None
    """For pull requests: head, base, head_repo, files."""


@dataclass(slots=True)
class FakeRepo:
    name: str
    git: GitData
    roles: dict[str, str] = field(default_factory=dict)
    issues: dict[int, FakeIssue] = field(default_factory=dict)
    comments: dict[int, FakeComment] = field(default_factory=dict)
    checks: dict[int, dict[str, Any]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    runs: dict[int, str] = field(default_factory=dict)
    """State of workflow runs by id."""
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """Jobs of workflow runs."""
    protected: set[str] = field(default_factory=set)
    read_only: bool = False


class State:
    """All repositories, and who calls with which token."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repos: dict[str, FakeRepo] = {}
        self.tokens = {"bot-token": BOT}
        self.scopes: dict[str, tuple[str, ...]] = {}
        """Repositories that a token reaches, by token; one that is not here reaches all."""
        self.ids = itertools.count(1001)
        self.lock = threading.RLock()
        self.stale = 0
        """So many coming lists do not show the newest item yet."""
        self.app_key: Any = None
        """Public key of the GitHub App."""

    def repo(self, name: str) -> FakeRepo:
        """Return a repository, made on first use."""
        if name not in self.repos:
            self.repos[name] = FakeRepo(name=name, git=GitData(self.folder / f"{name.replace('/', '+')}.git"))
        return self.repos[name]

    def pull(self, repo: FakeRepo, number: int, files: list[str], *, author: str, fork: bool = False) -> FakeIssue:
        """Open a pull request whose head commit lies on the branch `pr-<number>`."""
        base = repo.git.head("main")
        repo.git.git("update-ref", f"refs/heads/pr-{number}", base)
        repo.git.commit(f"pr-{number}", {path: f"# {path}\n" for path in files})
        home = f"stranger/{repo.name.split('/')[1]}" if fork else repo.name
        pull = {"head": f"pr-{number}", "base": "main", "head_repo": home, "files": files}
        repo.issues[number] = FakeIssue(number, "a change", "", author=author, pull=pull)
        return repo.issues[number]

    def comment(self, repo: FakeRepo, number: int, author: str, body: str) -> FakeComment:
        """Write a comment."""
        with self.lock:
            made = FakeComment(next(self.ids), number, author, body)
            repo.comments[made.id] = made
            return made

    def fresh_enough(self, items: list[Any]) -> list[Any]:
        """Return a list as GitHub shows it: now and then without its newest item."""
        with self.lock:
            if self.stale and items:
                self.stale -= 1
                return items[:-1]
            return items
