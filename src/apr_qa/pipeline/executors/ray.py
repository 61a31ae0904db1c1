"""A Ray cluster: shards go to machines that have what they want, and to another when one is lost.

Every shard is one task that hands back sealed evidence, whole or nothing; a file is written once, by the driver, so
that a task that Ray runs again is never counted twice. A machine keeps the journal of a shard: when the shard comes
back to it, it goes on where it was stopped.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.files import write_text
from apr_qa.pipeline.order import Executor, Order, Ran, Told
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.run_shard import prepare_shard, run_shard
from apr_qa.pipeline.wishes import Wishes
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.shards import Shard

_SLIVER = 0.001
"""Of a label that a machine carries as a custom resource: enough to be sent there, too little to be used up."""
_POLL_S = 10.0


def _silent(_doing: str) -> None:
    """Nobody watches on the machine itself."""


def run_here(order: Order, number: int) -> str:
    """Run one shard on the machine that Ray chose and return its evidence."""
    import ray

    node = ray.get_runtime_context().get_node_id()
    key = hashlib.sha256(f"{order.sharded.digest}-{number}-{node}".encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"apr-qa-shard-{key}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"shard-{number}.json"
    wishes = Wishes(output=path, workers=order.workers, apr_binary=order.apr_binary, model_cache=order.model_cache)
    run_shard(prepare_shard(order.sharded, number, wishes, _silent), Silent(), order.ask)
    text = path.read_text(encoding="ascii")
    shutil.rmtree(folder, ignore_errors=True)  # handed back: nothing of it is kept for another order
    return text


def _run(order: Order, told: Told) -> Iterator[Ran]:
    try:
        import ray
    except ImportError:
        raise InputError(
            "Ray is not installed", where="--executor ray", remedy="Install it: pip install 'apr-qa[ray]'"
        ) from None
    if not ray.is_initialized():
        ray.init(address=order.address or None, log_to_driver=False)
    has = ray.cluster_resources()
    wanted = {shard.number: _wanted(shard, has) for shard in order.shards}
    homes = _homes(ray, order)
    slim = replace(order, shards=(), output=Path())
    task = ray.remote(max_retries=order.retries)(run_here)
    flying: dict[Any, Shard] = {}
    for shard in sorted(order.shards, key=lambda shard: -shard.minutes):
        where = _place(ray, homes.get(shard.model, ()), shard)
        flying[task.options(**wanted[shard.number], **where).remote(slim, shard.number)] = shard
    told(f"{len(flying)} shards on {sum(1 for node in ray.nodes() if node['Alive'])} machines")
    while flying:
        done, _ = ray.wait(list(flying), num_returns=1, timeout=_POLL_S)
        if not done:
            told(f"{len(flying)} shards under way")
        for reference in done:
            yield _taken(ray, order, flying.pop(reference), reference)


def _wanted(shard: Shard, has: Mapping[str, float]) -> dict[str, Any]:
    """What a task asks of its machine. Raises InputError for what no machine of the cluster has."""
    if shard.backend is Backend.GPU and not has.get("GPU"):
        raise InputError(
            f"shard {shard.number} needs a gpu and no machine of the cluster has one", where="--executor ray"
        )
    carried = [label for label in shard.labels if label in has]
    absent = [label for label in shard.labels if label not in has]
    if carried and absent:
        raise InputError(
            f"shard {shard.number} wants a machine labelled {', '.join(shard.labels)}; none carries {absent[0]!r}",
            where="--executor ray",
            remedy=f"Start one with --resources '{{\"{absent[0]}\": 1}}', or plan with other --runners.",
        )
    return {
        "num_cpus": 1,
        "num_gpus": int(shard.backend is Backend.GPU),
        "memory": shard.memory_bytes,
        "resources": dict.fromkeys(carried, _SLIVER),
    }


def _holds(paths: tuple[str, ...]) -> bool:
    return all(Path(path).exists() for path in paths)


def _homes(ray: Any, order: Order) -> dict[int, tuple[str, ...]]:
    """Which machines have a model's files already, by the model's number."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    looks: dict[Any, tuple[int, str]] = {}
    for number, planned in enumerate(order.sharded.models):
        paths = (planned.path,) if planned.path else _cached(order, planned.run.model)
        for node in ray.nodes():
            if node["Alive"] and paths:
                strategy = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
                look = ray.remote(num_cpus=0, max_retries=0)(_holds).options(scheduling_strategy=strategy)
                looks[look.remote(paths)] = (number, node["NodeID"])
    homes: dict[int, tuple[str, ...]] = {}
    for reference, (number, node_id) in looks.items():
        try:
            found = ray.get(reference, timeout=_POLL_S)
        except ray.exceptions.RayError:
            continue
        if found:
            homes[number] = (*homes.get(number, ()), node_id)
    return homes


def _cached(order: Order, model: str) -> tuple[str, ...]:
    return (str(order.model_cache / model),) if order.model_cache else ()


def _place(ray: Any, homes: tuple[str, ...], shard: Shard) -> dict[str, Any]:
    """Prefer a machine that has the files, when some have and others have not; never insist."""
    alive = sum(1 for node in ray.nodes() if node["Alive"])
    if not homes or len(homes) == alive:
        return {"scheduling_strategy": "SPREAD"}
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    node_id = homes[shard.number % len(homes)]
    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node_id=node_id, soft=True)}


def _taken(ray: Any, order: Order, shard: Shard, reference: Any) -> Ran:
    try:
        text = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        return Ran(shard=shard, evidence=None, trouble=getattr(cause, "problem", str(cause)))
    except ray.exceptions.RayError as error:
        return Ran(shard=shard, evidence=None, trouble=f"lost with its machine: {type(error).__name__}")
    write_text(order.file_of(shard), text)
    return Ran(shard=shard, evidence=order.file_of(shard))


RAY = Executor(name="ray", summary="a Ray cluster (extra `ray`)", run=_run)
