"""Results as the work plane hands them over: a real plan, real answers of the shipped model, sound or made noisy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from apr_qa.bot.job import Job
from apr_qa.bot.planning import targets_of_job, wishes_of_job
from apr_qa.pipeline.handed_over import hand_over
from apr_qa.pipeline.plan_files import read_plan, sharded_digest, write_plan
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.publish import publish_shards
from apr_qa.pipeline.run_shard import prepare_shard, run_shard
from apr_qa.pipeline.shards import Fleet, plan_shards
from apr_qa.pipeline.wishes import Wishes
from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.shards import Runner, ShardedPlan

ROOT = Path(__file__).resolve().parents[2]
CPU = Runner(backend=Backend.CPU, labels=("self-hosted",))
JOB = Job(
    repo="o/r",
    number=7,
    sha="0" * 40,
    branch="main",
    tier=Tier.SMOKE,
    models=("apr-qa/tiny",),
    backends=(Backend.CPU,),
    formats=(Format.SAFETENSORS,),
    trusted=True,
)


@dataclass(frozen=True, kw_only=True)
class Results:
    """A folder as `apr-qa publish` leaves it."""

    folder: Path
    plan: ShardedPlan
    pieces: tuple[Evidence, ...]

    def of(self, job: Job, target: Path) -> tuple[Path, str]:
        """Return a copy that is the answer to `job`, and its digest: only the plan names the job."""
        shutil.copytree(self.folder, target)
        mine = replace(self.plan, job=job.digest, digest="")
        mine = replace(mine, digest=sharded_digest(mine))
        return target, hand_over(mine, [piece.seal for piece in self.pieces], target)


def judged(folder: Path, *, noisy: bool) -> Results:
    """Plan, run and publish the tiny model at smoke; noisy: with noise where its weights should be."""
    shutil.copytree(ROOT / "models" / "tiny", folder / "models" / "tiny")
    if noisy:
        _add_noise(folder / "models" / "tiny" / "safetensors" / "model.safetensors")
    with _inside(folder):
        wishes = wishes_of_job(JOB, Wishes(engine="reference", output=folder / "shard.json"))
        made = plan_shards(targets_of_job(JOB), wishes, Fleet(runners=(CPU,), shards=1), lambda _doing: None)
        write_plan(folder / "plan.json", made)
        plan = read_plan(folder / "plan.json")
        run_shard(prepare_shard(plan, 1, wishes, lambda _doing: None), Silent())
    turned = publish_shards(plan, [folder / "shard.json"], folder / "certifications")
    assert not turned.refused
    pieces = tuple(item.evidence for item in turned.published)
    return Results(folder=folder / "certifications", plan=plan, pieces=pieces)


def _add_noise(path: Path) -> None:
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    noise = np.random.default_rng(1).normal(0, 0.05, (len(data) - start) // 2).astype(np.float32)
    halves = (noise.view(np.uint32) >> 16).astype(np.uint16)  # BF16 is the upper half of F32
    path.write_bytes(data[:start] + halves.tobytes())


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """A model of the registry is looked for from the working folder upwards."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
