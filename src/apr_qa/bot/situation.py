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
    def registry(self) -> Registry:
        """The registry with the models that the pull request touches."""
        usable = (item.playbook.model.hf_repo for item in self.changed if item.playbook)
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
