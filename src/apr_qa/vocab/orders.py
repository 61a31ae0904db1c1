"""What a person asked the bot for, and what could not be understood of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apr_qa.vocab.axes import Backend, Format, Tier


class Verb(StrEnum):
    """What the bot can be asked to do."""

    RUN = "run"
    PLAN = "plan"
    STATUS = "status"
    CANCEL = "cancel"
    RETRY = "retry"
    EXPLAIN = "explain"
    TICKETS = "tickets"
    HELP = "help"


class SelectorKind(StrEnum):
    """How models are named."""

    NAMED = "named"
    """A family, `family/size`, or a model id."""
    CHANGED = "changed"
    ALL = "all"
    TOP = "top"
    STALE = "stale"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which models: a name, or a rule with its number."""

    kind: SelectorKind
    name: str = ""
    """For NAMED: as written, case kept."""
    revision: str = ""
    number: int = 0
    """For TOP how many, for STALE how many days."""

    def __str__(self) -> str:
        if self.kind is SelectorKind.NAMED:
            return f"{self.name}@{self.revision}" if self.revision else self.name
        return f"{self.kind}:{self.number}" if self.number else str(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command, understood. Empty values mean: as the tier and the policy say."""

    verb: Verb
    selectors: tuple[Selector, ...] = ()
    tier: Tier | None = None
    sha: str = ""
    """The commit that the person looked at, as written; 7 to 40 hex digits."""
    gate: str = ""
    """For `explain`."""
    backends: tuple[Backend, ...] = ()
    formats: tuple[Format, ...] = ()
    shards: int | None = None
    max_minutes: int | None = None
    seed: int | None = None
    priority: int | None = None
    reason: str = ""
    no_commit: bool = False
    no_tickets: bool = False
    force: bool = False
    fresh: bool = False
    text: str = ""
    """The line as it was read: one line, white space folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A command that could not be understood: where, why, and what was probably meant."""

    code: str
    """`unknown-word`, `unknown-key`, `bad-value` ...: stable, documented, tested."""
    problem: str
    line: str
    """The whole line as it was read."""
    start: int = 0
    """Where the trouble begins in `line`, from 0."""
    end: int = 0
    hint: str = ""
    """The word that was probably meant."""
    choices: tuple[str, ...] = ()
    """What may stand there."""
    what: str = ""
    """What the choices are: `families`, `tiers`."""

    @property
    def corrected(self) -> str:
        """The line with the probable word put in; empty when there is none."""
        return f"{self.line[: self.start]}{self.hint}{self.line[self.end :]}" if self.hint else ""
