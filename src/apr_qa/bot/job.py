"""What the next jobs are handed: everything pinned once, with its own digest."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.files import canonical_json, digest_of, plain_data
from apr_qa.vocab.axes import Backend, Format, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One accepted order: which models, at which commit, and whether results may be written down."""

    repo: str
    number: int | None
    """Of the pull request; None for pushes and schedules."""
    sha: str
    tier: Tier
    models: tuple[str, ...]
    """`org/name` or `org/name@revision`."""
    playbooks: tuple[str, ...] = ()
    """Paths at `sha` that stand in for the composed playbooks: data from a pull request."""
    backends: tuple[Backend, ...] = ()
    formats: tuple[Format, ...] = ()
    shards: int | None = None
    seed: int | None = None
    priority: int = 0
    trusted: bool = False
    untrusted_because: str = ""
    commit: bool = True
    tickets: bool = True
    fresh: bool = False
    only_unjudged: bool = False
    asked_by: str = ""
    comment_id: int | None = None
    """Of the command, for the last reaction."""
    line: str = ""
    """The command."""
    reason: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the job; every later job checks it."""
        return digest_of(plain_data(self))

    @property
    def text(self) -> str:
        """The job as one line of JSON, for a job's output."""
        return canonical_json({**plain_data(self), "digest": self.digest})


def name_of(model: str, revision: str) -> str:
    """Return `org/name@revision`, or the name alone."""
    return f"{model}@{revision}" if revision else model
