"""Plans cut into shards, run as programs of their own or replayed from what was recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.pipeline.plan_files import read_plan
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.publish import Outturn, publish_shards
from apr_qa.pipeline.run_shard import prepare_shard, run_shard
from apr_qa.pipeline.shards import Fleet, plan_shards
from apr_qa.pipeline.targets import by_words
from apr_qa.pipeline.wishes import Wishes
from apr_qa.run.replay import replay
from apr_qa.vocab.axes import Backend, Format, Modality, Tier
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.shards import Runner, ShardedPlan

CPU = Runner(backend=Backend.CPU, labels=("self-hosted", "cpu"))
NARROW = Wishes(engine="embedded", formats=(Format.SAFETENSORS,), modalities=(Modality.RUN,))


def silent(_doing: str) -> None:
    """Nobody watches."""


def planned(shards: int, tier: Tier = Tier.SMOKE, wishes: Wishes = NARROW) -> ShardedPlan:
    """The tiny model's plan, cut."""
    return plan_shards(by_words(["tiny"], tier), wishes, Fleet(runners=(CPU,), shards=shards), silent)


def replayed(sharded: ShardedPlan, recorded: Sequence[Observation], folder: Path) -> list[Path]:
    """Run all shards in this process with recorded answers; return their files."""
    paths = []
    for shard in sharded.shards:
        path = folder / f"shard-{shard.number}.json"
        ready = prepare_shard(sharded, shard.number, Wishes(output=path), silent)
        run_shard(ready, Silent(), replay(recorded))
        paths.append(path)
    return paths


def program(*words: object, **more: Any) -> subprocess.Popen[str]:
    """`apr-qa WORDS` as a program of its own."""
    argv = [sys.executable, "-m", "apr_qa", *map(str, words)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def finished(process: subprocess.Popen[str], *, statuses: tuple[int, ...] = (0,)) -> Any:
    """Its JSON answer, once it has ended with one of `statuses`."""
    out, err = process.communicate(timeout=600)
    assert process.returncode in statuses, err
    return json.loads(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What three machines handed back, and what one machine said of the same plan."""

    plan: Path
    shards: tuple[Path, ...]
    whole: Path
    """Evidence of an unsharded run."""

    @property
    def sharded(self) -> ShardedPlan:
        """The plan, read."""
        return read_plan(self.plan)


def resealed(path: Path, out: Path, **changes: Any) -> Path:
    """A shard with other contents and a seal that is right."""
    evidence = read_evidence(path)
    changed: Evidence = replace(evidence, **{k: v(evidence) if callable(v) else v for k, v in changes.items()})
    seal_evidence(changed, out)
    return out


def published(returned: Returned, paths: Sequence[Path], folder: Path) -> Outturn:
    """Publish these shards of the plan."""
    return publish_shards(returned.sharded, paths, folder)
