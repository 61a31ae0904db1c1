"""Everything that was looked up before a command is answered: commands themselves read nothing and write nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apr_qa.bot.comments.progress import Links
from apr_qa.bot.job import Job
from apr_qa.bot.playbooks import ChangedPlaybook
from apr_qa.bot.selection import Registry
from apr_qa.bot.state import RunState
from apr_qa.github.authority import Decision, Person
from apr_qa.github.facts import PullFacts
from apr_qa.github.policy import Policy
from apr_qa.vocab.effects import Effect, Mood


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the bot knows without asking GitHub."""

    now: datetime
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Rows of the registry by model."""
    run_id: int | None = None
    run_url: str = ""
    rerun_by: str = ""
    """Who pressed re-run (`github.triggering_actor`), when it is not who wrote the comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What lies before a command."""

    repo: str
    branch: str
    """The default branch."""
    pull: PullFacts
    asker: Person
    policy: Policy
    decision: Decision
    state: RunState | None
    changed: tuple[ChangedPlaybook, ...]
    around: Surroundings
    comment_id: int
    own_keys: tuple[str, ...] = ()
    """Keys of our comments on the pull request that are not folded away."""

    @property
    def is_going_on(self) -> bool:
        """Whether another run of this pull request goes on. What this very run announced before it died is its own."""
        return self.state is not None and self.state.stage.is_going_on and not self._is_mine

    @property
    def _is_mine(self) -> bool:
        return self.around.run_id is not None and self.state is not None and self.state.run_id == self.around.run_id

    @property
    def earlier(self) -> tuple[str, ...]:
        """Who had runs accepted here before this one, and when: `login time`, the newest last."""
        asked = self.state.asked_at if self.state else ()
        return asked[:-1] if self._is_mine else asked

    @property
    def registry(self) -> Registry:
        """The registry with the models that the pull request touches."""
        usable = (item.model for item in self.changed if item.model)
        return Registry(rows=self.around.rows, changed=tuple(dict.fromkeys(usable)), now=self.around.now)

    @property
    def links(self) -> Links:
        """Where more is to be seen."""
        return Links(run=self.around.run_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command comes to."""

    code: str
    mood: Mood
    reply: str = ""
    """Body of the reply to this comment; empty when an effect says it."""
    effects: tuple[Effect, ...] = ()
    job: Job | None = None
