"""What an executor is given, and what it is: it takes a plan's shards and hands back their sealed evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apr_qa.pipeline.certify import Ask
from apr_qa.vocab.shards import Shard, ShardedPlan

Told = Callable[[str], None]
"""Takes one line about what happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Shards to run."""

    sharded: ShardedPlan
    shards: tuple[Shard, ...]
    output: Path
    """A folder of this machine; evidence goes to `shard-N.json` in it."""
    workers: int = 4
    """Engine sessions at once in one shard."""
    apr_binary: str = "apr"
    model_cache: Path | None = None
    address: str = ""
    """Of the cluster, as the executor takes it."""
    retries: int = 3
    """How often a shard is run again that was lost with its machine."""
    ask: Ask | None = None
    """Answers from elsewhere than the engines (`apr_qa.run.replay`)."""

    def file_of(self, shard: Shard) -> Path:
        """Where the shard's evidence goes."""
        return self.output / f"shard-{shard.number}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of one shard."""

    shard: Shard
    evidence: Path | None
    """None: it was not run to its end."""
    trouble: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """One kind of place to run shards."""

    name: str
    summary: str
    run: Callable[[Order, Told], Iterator[Ran]]
    """Yields each shard as it ends. Raises AprQaError for a place that cannot run this plan at all."""
