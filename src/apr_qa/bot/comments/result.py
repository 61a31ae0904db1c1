"""What a finished run is, for the comment about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apr_qa.bot.comments.progress import Links
from apr_qa.bot.state import RunState
from apr_qa.registry.record import Record
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome

WORST_FIRST = (Status.BLOCKED, Status.FAIL, Status.PARTIAL, Status.PENDING, Status.PROVISIONAL, Status.CERTIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model's certification beside the one before it."""

    record: Record
    before: Record | None = None
    minutes: float | None = None
    tickets: Mapping[str, str] = field(default_factory=dict)
    """Link or `draft` by gate."""
    culprits: Mapping[str, str] = field(default_factory=dict)
    """`file` or `engine` by gate, where the evidence tells."""
    open: tuple[tuple[str, int], ...] = ()
    """Why claims could not be judged, and how many."""
    earlier: tuple[Record, ...] = ()
    """All certifications before it, the newest last."""

    @property
    def unjudged(self) -> int:
        """Claims that could not be judged."""
        return self.record.outcomes.get(Outcome.UNJUDGED, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Everything that the comment about a finished run tells."""

    state: RunState
    results: tuple[Result, ...]
    missing: tuple[str, ...] = ()
    """Models whose results never arrived: a shard was lost. They make it partial, never a pass."""
    links: Links = field(default_factory=Links)
    untrusted_because: str = ""
    commit: str = ""
    """That wrote the registry."""
    carried: str = ""
    """One sentence about the models that were not run again."""
    image: str = ""
    """That ran the models, with its digest."""

    @property
    def status(self) -> Status:
        """The worst of all models."""
        found = [r.record.status for r in self.results] + ([Status.PARTIAL] if self.missing else [])
        return min(found, key=WORST_FIRST.index, default=Status.FAIL)
