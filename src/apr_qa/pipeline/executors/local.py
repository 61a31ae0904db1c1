"""This machine: one shard after another; inside a shard, cells overlap."""

from __future__ import annotations

from collections.abc import Iterator

from apr_qa.errors import InputError
from apr_qa.pipeline.order import Executor, Order, Ran, Told
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.run_shard import prepare_shard, run_shard
from apr_qa.pipeline.wishes import Wishes


def _run(order: Order, told: Told) -> Iterator[Ran]:
    for shard in order.shards:
        path = order.file_of(shard)
        wishes = Wishes(output=path, workers=order.workers, apr_binary=order.apr_binary, model_cache=order.model_cache)
        told(f"shard {shard.number} of {len(order.sharded.shards)} begins")
        try:
            ready = prepare_shard(order.sharded, shard.number, wishes, told)
            run_shard(ready, Silent(), order.ask)
        except InputError as error:
            yield Ran(shard=shard, evidence=None, trouble=error.problem)
        else:
            yield Ran(shard=shard, evidence=path)


LOCAL = Executor(name="local", summary="this machine, one shard after another", run=_run)
