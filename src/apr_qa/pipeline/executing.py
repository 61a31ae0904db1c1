"""Runs what is left of a plan's shards where the user wants it."""

from __future__ import annotations

from dataclasses import replace

from apr_qa.errors import InputError
from apr_qa.pipeline.order import Executor, Order, Ran, Told
from apr_qa.pipeline.shard_files import read_shard
from apr_qa.rooms import by_name, furnish
from apr_qa.text import did_you_mean, one_line
from apr_qa.vocab.shards import Shard

EXECUTORS = "apr_qa.pipeline.executors"


def run_all(order: Order, executor: str, told: Told) -> list[Ran]:
    """Return what became of every shard, in the order of their numbers; what lies there already is not run again.

    Raises InputError for an executor that there is not, or that cannot run this plan.
    """
    chosen = by_name(EXECUTORS, Executor, executor)
    if chosen is None:
        names = [one.name for one in furnish(EXECUTORS, Executor)]
        raise InputError(
            f"no executor is called {executor!r}{did_you_mean(executor, names)}",
            where="--executor",
            remedy=f"One of: {', '.join(names)}.",
        )
    ran = [Ran(shard=shard, evidence=order.file_of(shard)) for shard in order.shards if _lies_there(order, shard)]
    there = {one.shard.number for one in ran}
    left = replace(order, shards=tuple(shard for shard in order.shards if shard.number not in there))
    for one in chosen.run(left, told) if left.shards else ():
        told(f"shard {one.shard.number}: {one_line(one.trouble, 200) or 'done'}")
        ran.append(one)
    return sorted(ran, key=lambda one: one.shard.number)


def _lies_there(order: Order, shard: Shard) -> bool:
    path = order.file_of(shard)
    try:
        return path.is_file() and read_shard(path, order.sharded).shard == shard
    except InputError:
        return False
