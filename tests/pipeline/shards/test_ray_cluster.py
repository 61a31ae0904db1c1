"""A real Ray cluster on this machine: what it hands back is what one machine says, also when a node is lost."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sharding import CPU, NARROW, silent

from apr_qa.errors import InputError
from apr_qa.evidence.read import read_evidence
from apr_qa.pipeline.executing import run_all
from apr_qa.pipeline.normalised import normalised_digest
from apr_qa.pipeline.order import Order, Ran
from apr_qa.pipeline.publish import Published, publish_shards
from apr_qa.pipeline.shards import Fleet, plan_shards
from apr_qa.pipeline.targets import by_words
from apr_qa.run.replay import replay
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.shards import ShardedPlan

pytestmark = [pytest.mark.ray, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]
SHARDS = 4


LABELS = {"cpu": 1, "self-hosted": 1}
_STARTS = 4
"""Ray gives a machine half a minute to start, which a busy one does not always manage."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head and two more machines, each of one core, with the labels that the plan's shards want."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 80 << 20, "resources": LABELS}
    found = Cluster()
    found.machines = [_started(found, {**small, "include_dashboard": False})]
    found.machines += [_started(found, small) for _ in range(2)]
    ray.init(address=found.address, log_to_driver=False)
    found.wait_for_nodes(timeout=120)
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield found
    ray.shutdown()
    found.shutdown()


def _started(cluster: Any, wanted: dict[str, Any]) -> Any:
    for left in reversed(range(_STARTS)):
        try:
            return cluster.add_node(**wanted, **_ports())
        except Exception:
            if not left:
                raise
    raise AssertionError


def _ports() -> dict[str, int]:
    """Ports of the machine's agents; where none are named, Ray waits a quarter of a minute for its agents to tell."""
    names = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in names]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}


@pytest.fixture(scope="session")
def sharded() -> ShardedPlan:
    """The tiny model's plan in four shards."""
    return plan_shards(by_words(["tiny"], Tier.SMOKE), NARROW, Fleet(runners=(CPU,), shards=SHARDS), silent)


@pytest.fixture(scope="session")
def local(sharded: ShardedPlan, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The certificate of the same shards, run by this machine alone with real engines."""
    folder = tmp_path_factory.mktemp("local")
    return certificate(sharded, run_all(order(sharded, folder), "local", silent), folder)


def order(sharded: ShardedPlan, folder: Path, **more: Any) -> Order:
    return Order(sharded=sharded, shards=sharded.shards, output=folder, **more)


def certificate(sharded: ShardedPlan, ran: Sequence[Ran], folder: Path) -> Published:
    assert [one.trouble for one in ran] == [""] * len(sharded.shards)
    turned = publish_shards(sharded, [one.evidence for one in ran if one.evidence], folder / "published")
    assert not turned.refused
    assert not turned.missing
    (mine,) = turned.published
    return mine


def says_the_same(mine: Published, other: Published) -> None:
    """Nothing is lost, nothing is counted twice, every verdict is the same."""
    for evidence in (mine.evidence, other.evidence):
        asked = Counter(seen.scenario for seen in evidence.observations)
        assert asked == Counter(scenario.id for scenario in evidence.run.scenarios)
        assert Counter(j.claim.id for j in evidence.judged) == Counter(c.id for c in evidence.run.claims)
    verdicts = [{j.claim.id: j.verdict.outcome for j in one.evidence.judged} for one in (mine, other)]
    assert verdicts[0] == verdicts[1]
    assert mine.scorecard == other.scorecard
    assert normalised_digest(mine.evidence) == normalised_digest(other.evidence)


def test_a_cluster_says_what_one_machine_says(
    cluster: Any, sharded: ShardedPlan, local: Published, tmp_path: Path
) -> None:
    """Real engines on three machines."""
    ran = run_all(order(sharded, tmp_path), "ray", silent)
    says_the_same(certificate(sharded, ran, tmp_path), local)
    assert run_all(order(sharded, tmp_path, ask=_never), "local", silent) == ran  # nothing is left to run


def test_a_label_that_no_machine_carries_is_said_at_once(cluster: Any, sharded: ShardedPlan, tmp_path: Path) -> None:
    """Else the shard would wait for ever."""
    other = replace(sharded, shards=tuple(replace(s, labels=("self-hosted", "h100")) for s in sharded.shards))
    with pytest.raises(InputError, match="none carries 'h100'"):
        run_all(order(other, tmp_path), "ray", silent)


def test_a_machine_lost_in_the_middle_loses_nothing(
    cluster: Any, sharded: ShardedPlan, local: Published, tmp_path: Path
) -> None:
    """A node is killed while its shard is asked; with replayed answers the evidence is the same byte for byte."""
    recorded = read_evidence(local.path).observations
    marks = tmp_path / "marks"
    marks.mkdir()
    found: list[list[Ran]] = []
    slow = order(sharded, tmp_path / "killed", ask=_slowly(recorded, marks, 2.0))
    runner = threading.Thread(target=lambda: found.append(run_all(slow, "ray", silent)))
    runner.start()
    spare = {machine.node_id: machine for machine in cluster.machines[1:]}
    node = spare[_begun(marks, spare)]
    cluster.remove_node(node, allow_graceful=False)
    runner.join(timeout=400)
    mine = certificate(sharded, found[0], tmp_path / "killed")
    starts = Counter(mark.name.partition("@")[0] for mark in marks.iterdir())
    assert max(starts.values()) > 1, "the killed shard was begun again elsewhere"
    undisturbed = run_all(order(sharded, tmp_path / "calm", ask=replay(recorded)), "local", silent)
    calm = certificate(sharded, undisturbed, tmp_path / "calm")
    says_the_same(mine, calm)
    assert _told(mine) == _told(calm)


def _told(mine: Published) -> list[object]:
    """All that was observed and decided, without the time at which shards began."""
    return [mine.evidence.observations, mine.evidence.judged, replace(mine.evidence.run, started_at="", host={})]


def _never(_scenarios: Any) -> Any:
    raise AssertionError("asked again")


def _slowly(recorded: Sequence[Observation], marks: Path, seconds: float) -> Any:
    """Replay that takes a while and leaves a mark when it begins: the first question and the node."""

    def ask(scenarios: Any) -> Any:
        import ray

        node = ray.get_runtime_context().get_node_id()
        (marks / f"{scenarios[0].id if scenarios else 'files'}@{node}@{time.time_ns()}").touch()
        for observation in replay(recorded)(scenarios):
            time.sleep(seconds / len(scenarios))
            yield observation

    return ask


def _begun(marks: Path, among: Mapping[str, Any]) -> str:
    """The first of these machines on which a shard with questions has begun."""
    while True:
        for mark in sorted(marks.iterdir()):
            first, node, _ = mark.name.split("@")
            if first != "files" and node in among:
                return node
        time.sleep(0.05)
