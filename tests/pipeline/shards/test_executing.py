"""All shards of a plan by one command: here, or where an executor brings them; what is done is not done again."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from sharding import planned, silent

from apr_qa.errors import InputError
from apr_qa.pipeline.executing import run_all
from apr_qa.pipeline.executors.ray import _wanted
from apr_qa.pipeline.order import Order
from apr_qa.pipeline.publish import publish_shards
from apr_qa.run.replay import replay
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.shards import Shard, ShardedPlan


@pytest.fixture(scope="module")
def sharded() -> ShardedPlan:
    """The tiny model's plan in three shards."""
    return planned(3)


def order(sharded: ShardedPlan, folder: Path, ask: Any) -> Order:
    return Order(sharded=sharded, shards=sharded.shards, output=folder, ask=ask)


def test_every_shard_is_run_once(sharded: ShardedPlan, tmp_path: Path) -> None:
    """What lies there and answers the plan is not run again; what was changed is."""
    begun: list[int] = []

    def ask(scenarios: Any) -> Any:
        begun.append(len(scenarios))
        return replay(())(scenarios)

    ran = run_all(order(sharded, tmp_path, ask), "local", silent)
    assert [one.shard.number for one in ran] == [1, 2, 3]
    assert not publish_shards(sharded, [one.evidence for one in ran if one.evidence], tmp_path / "out").missing
    count = len(begun)
    assert run_all(order(sharded, tmp_path, ask), "local", silent) == ran
    assert len(begun) == count
    changed = tmp_path / "shard-2.json"
    changed.write_bytes(changed.read_bytes().replace(b"no observation", b"an observation", 1))
    assert run_all(order(sharded, tmp_path, ask), "local", silent) == ran
    assert b"an observation" not in changed.read_bytes()


def test_an_unknown_executor_is_named(sharded: ShardedPlan, tmp_path: Path) -> None:
    """With those that there are."""
    with pytest.raises(InputError, match="no executor is called 'locale'") as caught:
        run_all(order(sharded, tmp_path, None), "locale", silent)
    assert "local, ray" in caught.value.remedy


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed here")
def test_without_ray_it_is_said_how_to_get_it(sharded: ShardedPlan, tmp_path: Path) -> None:
    """One clear error, before anything runs."""
    with pytest.raises(InputError, match="Ray is not installed") as caught:
        run_all(order(sharded, tmp_path, None), "ray", silent)
    assert "apr-qa[ray]" in caught.value.remedy


def test_labels_and_gpus_become_resources() -> None:
    """A label that some machine carries is asked for; one that none carries, or a missing gpu, is an error."""
    wants: dict[str, Any] = {"number": 1, "model": 0, "scenarios": (), "claims": (), "minutes": 1.0, "memory_bytes": 7}
    on_cpu = Shard(backend=Backend.CPU, labels=("self-hosted", "big"), **wants)
    on_gpu = Shard(backend=Backend.GPU, labels=("h100",), **wants)
    assert _wanted(on_cpu, {"CPU": 4})["resources"] == {}
    assert set(_wanted(on_cpu, {"CPU": 4, "self-hosted": 1, "big": 1})["resources"]) == {"self-hosted", "big"}
    assert _wanted(on_gpu, {"GPU": 1, "h100": 1})["num_gpus"] == 1
    assert _wanted(on_cpu, {"CPU": 4})["memory"] == 7
    with pytest.raises(InputError, match="none carries 'big'"):
        _wanted(on_cpu, {"CPU": 4, "self-hosted": 1})
    with pytest.raises(InputError, match="needs a gpu"):
        _wanted(on_gpu, {"CPU": 4, "h100": 1})
