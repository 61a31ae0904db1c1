"""A plan cut into shards: what one planner decided and every job takes over, whole, by its digest."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.vocab.axes import Backend, FailurePolicy, Format
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.playbook import Playbook

SHARDS_LIMIT = 256
"""Jobs of one matrix, as GitHub counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One kind of machine that shards are sent to."""

    backend: Backend
    labels: tuple[str, ...]
    memory_bytes: int | None = None
    """None: as much as is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part of one model's plan that one job runs."""

    number: int
    """From 1."""
    model: int
    """Index into `ShardedPlan.models`."""
    backend: Backend
    labels: tuple[str, ...]
    """Of the machine it wants."""
    scenarios: tuple[str, ...]
    """Every scenario of a plan is in exactly one shard."""
    claims: tuple[str, ...]
    """What the job judges: claims with all they need inside, and what must hold of the files before an engine sees
    them. A claim whose needs lie in several shards is in none: it is judged when all are in."""
    minutes: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedModel:
    """One model: what is intended, what is asked, and what it is asked of."""

    playbook: Playbook
    path: str
    """Where the model lies, when the user said so; else empty."""
    plan: Plan
    run: RunRecord
    """Pinned: file digests, revision, engines. Without the plan, and without what only a run knows (time, host)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardedPlan:
    """The whole of `plan.json`. `digest` is the SHA-256 of its canonical JSON without the digest."""

    digest: str
    apr_qa_version: str
    engine: str
    """As `--engine` takes it."""
    formats: tuple[Format, ...]
    """As narrowed by the user; empty: as the playbooks say."""
    policy: FailurePolicy | None
    models: tuple[PlannedModel, ...]
    shards: tuple[Shard, ...]
    tool: str
    """SHA-256 of the program that planned: what runs and publishes the plan has to be the same."""
    job: str = ""
    """Digest of the bot's job that asked for it; empty when somebody planned by hand."""
    schema_version: int = 1
