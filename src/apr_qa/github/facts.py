"""What has to be known of GitHub before an order can be answered. Only reading."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote

from apr_qa.errors import InputError
from apr_qa.github.authority import Person
from apr_qa.github.door import Door
from apr_qa.github.errors import MissingError
from apr_qa.github.policy import POLICY_PATH, Policy, Role, parse_policy

_TEXT_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PullFacts:
    """A pull request as it is now."""

    number: int
    author: str
    head_sha: str
    head_repo: str
    """Empty when the fork is gone."""
    base: str
    is_open: bool
    is_fork: bool
    changed: tuple[str, ...] = ()
    """Paths that it adds, changes, renames or removes."""


def person(door: Door, repo: str, login: str) -> Person:
    """Return somebody with the role that the collaborator API gives them now."""
    try:
        said = door.get(f"/repos/{repo}/collaborators/{quote(login, safe='')}/permission")
    except MissingError:
        return Person(login=login, role=Role.NONE)
    # `permission` folds maintain into write and triage into read; `role_name` is exact, or a custom role.
    return Person(login=login, role=max(Role.of(said.get("role_name", "")), Role.of(said["permission"])))


def pull(door: Door, repo: str, number: int) -> PullFacts:
    """Return the pull request with the paths it changes. Raises MissingError, GitHubError."""
    said = door.get(f"/repos/{repo}/pulls/{number}")
    head_repo = (said["head"]["repo"] or {}).get("full_name", "")
    paths: set[str] = set()
    for file in door.pages(f"/repos/{repo}/pulls/{number}/files"):
        paths |= {file["filename"], file.get("previous_filename", file["filename"])}
    return PullFacts(
        number=number,
        author=(said["user"] or {}).get("login", ""),
        head_sha=said["head"]["sha"],
        head_repo=head_repo,
        base=said["base"]["ref"],
        is_open=said["state"] == "open",
        is_fork=head_repo != repo,
        changed=tuple(sorted(paths)),
    )


def file_text(door: Door, repo: str, path: str, ref: str) -> str:
    """Return the text of a file at a commit. Raises MissingError, InputError when it is no plain text file."""
    said = door.get(f"/repos/{repo}/contents/{quote(path)}", ref=ref)
    where = f"{repo}@{ref[:7]}:{path}"
    if not isinstance(said, dict) or said.get("type") != "file" or said.get("size", 0) > _TEXT_LIMIT:
        raise InputError("this is no plain file of at most 1 MB", where=where)
    try:
        return base64.b64decode(said["content"]).decode()
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=where) from None


def policy(door: Door, repo: str, default_branch: str) -> Policy:
    """Return the policy on the default branch; without a file, the default one. Raises InputError, GitHubError."""
    try:
        return parse_policy(file_text(door, repo, POLICY_PATH, default_branch))
    except MissingError:
        return Policy()
