"""What the sticky comment remembers of a run, so that `status`, `cancel` and `retry` need no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import ClassVar

from pydantic import TypeAdapter, ValidationError

from apr_qa.github.comments import OwnComment
from apr_qa.vocab.axes import Backend, Format, Tier

KEY = "certify:v1"
_BEGIN, _END = "<!-- apr-qa-state ", " -->"
_KEPT_TIMES = 20


class Stage(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    OUTDATED = "outdated"

    @property
    def is_going_on(self) -> bool:
        """Whether it can still be cancelled."""
        return self in (Stage.QUEUED, Stage.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """The run that the comment is about."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "ignore"}

    stage: Stage
    tier: Tier
    sha: str
    job: str
    """Digest of the job."""
    asked_by: str
    asked_at: tuple[str, ...]
    """`login time` of every run accepted on this pull request, the newest last."""
    models: tuple[str, ...] = ()
    backends: tuple[Backend, ...] = ()
    formats: tuple[Format, ...] = ()
    """How the claim was narrowed; a retry asks the same."""
    unjudged: tuple[str, ...] = ()
    """Models with claims that could not be judged."""
    run_id: int | None = None
    trusted: bool = False
    tickets: tuple[str, ...] = ()
    """Links, or titles of drafts."""
    line: str = ""
    """The command that began it."""


def written(state: RunState) -> str:
    """Return the hidden line that holds the state. It cannot end the HTML comment that it stands in."""
    kept = {**asdict(state), "asked_at": state.asked_at[-_KEPT_TIMES:]}
    text = json.dumps(kept, ensure_ascii=True, separators=(",", ":"))
    for char in "<>&-":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f"{_BEGIN}{text}{_END}"


def read_state(comments: Sequence[OwnComment]) -> RunState | None:
    """Return the state in the newest sticky comment of ours, or None when there is none to be read."""
    for comment in reversed(comments):
        if comment.key != KEY:
            continue
        for line in comment.body.splitlines():
            if line.startswith(_BEGIN) and line.endswith(_END):
                return _parsed(line.removeprefix(_BEGIN).removesuffix(_END))
    return None


def _parsed(text: str) -> RunState | None:
    try:
        return TypeAdapter(RunState).validate_json(text)
    except ValidationError:  # of another version: as if there were none
        return None
