"""What the next jobs are handed: everything pinned once, with its own digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from apr_qa.errors import InputError
from apr_qa.files import canonical_json, digest_of, plain_data
from apr_qa.vocab.axes import Backend, Format, Tier

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_STRICT: Mapping[str, Any] = {"extra": "forbid", "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A playbook that a change brings: its text as the API gave it, for nobody checks out the change itself."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    path: str
    blob: str
    """Git's id of the text: what was read is what is run."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One accepted order: which models, at which commit, and whether results may be written down."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _STRICT

    repo: str
    number: int | None
    """Of the pull request; None for pushes and schedules."""
    sha: str
    """The commit that it is about."""
    branch: str
    """The default branch, where the registry lies."""
    tier: Tier
    models: tuple[str, ...]
    """`org/name` or `org/name@revision`."""
    playbooks: tuple[Brought, ...] = ()
    """They stand in for the composed playbooks of their models."""
    backends: tuple[Backend, ...] = ()
    formats: tuple[Format, ...] = ()
    gpu: bool = False
    """Whether there are runners with one."""
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
    def content(self) -> dict[str, Any]:
        """The job as JSON values with its digest: what `read_job` takes."""
        return {**plain_data(self), "digest": self.digest}

    @property
    def text(self) -> str:
        """The job as one line of JSON, for a job's output."""
        return canonical_json(self.content)


def read_job(text: str) -> Job:
    """Return the job in a JSON text. Raises InputError when it is none or is not what its digest says."""
    from pydantic import ValidationError

    where = "the bot's job"
    try:
        found = json.loads(text)
        digest = found.pop("digest")
        job = _adapter().validate_python(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{field or 'the whole'}: {first['msg']}", where=where) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"this is no job: {type(error).__name__}", where=where) from None
    if digest != job.digest:
        raise InputError("it was changed: its digest is not that of its content", where=where)
    return job


def name_of(model: str, revision: str) -> str:
    """Return `org/name@revision`, or the name alone."""
    return f"{model}@{revision}" if revision else model


@cache
def _adapter() -> TypeAdapter[Job]:
    from pydantic import TypeAdapter

    return TypeAdapter(Job)
