"""Runs one shard of a plan: the same files, the same engines, its own questions. Goes on where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.fetch.cache import cache_folder
from apr_qa.pipeline.certify import Ask, Heard, hear
from apr_qa.pipeline.plan_files import part_of, pinned, shard_of
from apr_qa.pipeline.prepare import equipment, gather
from apr_qa.pipeline.progress import Progress
from apr_qa.pipeline.ready import Ready
from apr_qa.pipeline.standing import standing
from apr_qa.pipeline.targets import Busy, Target
from apr_qa.pipeline.wishes import Wishes
from apr_qa.run.machine import machine
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.shards import PlannedModel, Shard, ShardedPlan


def prepare_shard(sharded: ShardedPlan, number: int, wishes: Wishes, busy: Busy, here: Machine | None = None) -> Ready:
    """Return the run of shard `number`. Of `wishes` count output, cache, workers and the place of `apr`.

    `here`: the machine to go by, when it is not this one. Raises InputError when the files, the engines or the machine
    are not those of the plan.
    """
    shard, planned = shard_of(sharded, number)
    wishes = replace(
        wishes,
        engine=sharded.engine,
        formats=sharded.formats,
        policy=sharded.policy,
        unlocked=planned.run.unlocked,
    )
    target = Target(
        playbook=planned.playbook,
        tier=tiers()[planned.plan.tier],
        path=Path(planned.path) if planned.path else None,
    )
    files, chosen = gather(target, wishes, busy)
    part = part_of(planned.plan, shard)
    here = here or machine()
    files = standing(files, here, cache_folder(wishes.model_cache)).files
    ready = Ready(
        target=target,
        wishes=wishes,
        files=files,
        plan=part,
        machine=here,
        equipment=equipment(part, chosen),
        engine_title=chosen.title,
        notes=chosen.notes,
        folder=wishes.output.parent / f".{wishes.output.stem}-{sharded.digest[:12]}-{number}",
        for_others=frozenset(shard.scenarios),
    )
    _check(ready, shard, planned, here)
    return ready


def run_shard(ready: Ready, progress: Progress, ask: Ask | None = None) -> Heard:
    """Run a prepared shard and write its sealed evidence to the output that was wished for.

    Raises InterruptedRunError when the user stops it; the same command goes on.
    """
    return hear(ready, progress, ready.wishes.output, ask)


def _check(ready: Ready, shard: Shard, planned: PlannedModel, here: Machine) -> None:
    mine, wanted = pinned(ready.record()), planned.run
    if mine.files != wanted.files:
        other = sorted(
            name for name in {**mine.files, **wanted.files} if mine.files.get(name) != wanted.files.get(name)
        )
        raise InputError(
            f"the model's files are not those of the plan: {', '.join(other[:3])}",
            where=f"shard {shard.number}",
            remedy="Use the revision and the engine that the plan was made with, or plan again.",
        )
    if mine.engines != wanted.engines:
        raise InputError(
            f"the engine is {ready.engine_title}, with other bytes or of another version than the plan's",
            where=f"shard {shard.number}",
            remedy="Use one image for plan and shards, or plan again.",
        )
    if shard.backend is Backend.GPU and shard.scenarios and not here.gpu and not _all_remote(ready):
        raise InputError(
            "this shard needs a gpu and this machine shows none",
            where=f"shard {shard.number}",
            remedy="Start the container with --gpus all; `apr-qa doctor` says what is missing.",
        )


def _all_remote(ready: Ready) -> bool:
    return all(equipped.engine.remote for equipped in ready.equipment[""].values())
