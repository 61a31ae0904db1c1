"""What can go wrong with GitHub, by what may be done about it."""

from __future__ import annotations

from apr_qa.errors import AprQaError


class GitHubError(AprQaError):
    """GitHub did not do what was asked; never the model's fault."""


class RefusedError(GitHubError):
    """It understood and will not: rights, rules, a broken request."""


class MissingError(GitHubError):
    """There is no such thing: repository, branch, comment, person."""


class ConflictError(GitHubError):
    """Somebody else was faster: the branch is no longer where it was. Look again and derive again."""


class UnsureError(GitHubError):
    """The answer to a write got lost: it may have happened. Look before doing it again."""


class BusyError(GitHubError):
    """A rate limit whose end is further away than we are willing to wait."""
