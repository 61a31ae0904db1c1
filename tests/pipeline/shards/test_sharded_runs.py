"""Many machines or one: the same bytes for the same answers, the same verdicts for real runs."""

from __future__ import annotations

import itertools
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from sharding import Returned, finished, planned, program, published, replayed, resealed, silent

from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.pipeline.normalised import normalised_digest
from apr_qa.pipeline.publish import joined, publish_shards
from apr_qa.pipeline.run_shard import prepare_shard
from apr_qa.pipeline.wishes import Wishes
from apr_qa.run.machine import machine
from apr_qa.score.mqs import score
from apr_qa.vocab.evidence import Evidence, RunRecord
from apr_qa.vocab.score import Status

pytestmark = pytest.mark.timeout(900)


def _outcomes(evidence: Evidence) -> dict[str, str]:
    return {judged.claim.id: judged.verdict.outcome for judged in evidence.judged}


@pytest.mark.parametrize("tier", ["smoke", "mvp"])
def test_three_programs_say_what_one_says(request: pytest.FixtureRequest, tmp_path: Path, tier: str) -> None:
    """Every claim has the same verdict, the scorecards are equal, and so are the digests without times and rates."""
    returned: Returned = request.getfixturevalue("returned" if tier == "smoke" else "returned_mvp")
    turned = published(returned, returned.shards, tmp_path)
    assert not turned.refused
    assert not turned.missing
    (mine,) = turned.published
    whole = read_evidence(returned.whole)
    assert _outcomes(mine.evidence) == _outcomes(whole)
    assert mine.scorecard == score(whole.run, whole.judged, whole.observations)
    assert (tier, mine.scorecard.status) in {("smoke", Status.PROVISIONAL), ("mvp", Status.PARTIAL)}
    assert normalised_digest(mine.evidence) == normalised_digest(whole)


def test_a_certificate_of_shards_has_everything(returned: Returned, tmp_path: Path) -> None:
    """Evidence, reports, record, row and badge, as after `apr-qa certify`."""
    (mine,) = published(returned, returned.shards, tmp_path).published
    assert {p.name for p in mine.path.parent.iterdir()} >= {"evidence.json", "certificate.html", "summary.md"}
    assert (tmp_path / "models.csv").is_file()
    assert list((tmp_path / "records").rglob("*.json"))


def test_what_was_open_on_one_machine_is_said_of_all(returned: Returned, tmp_path: Path) -> None:
    """Facts of machines that differ are one list, so that a side which one of them left open is still a fact of it."""

    def opened(evidence: Evidence) -> RunRecord:
        facts = [*evidence.run.host["isolation"], "files: not isolated"]
        return replace(evidence.run, host={**evidence.run.host, "isolation": facts})

    open_one = resealed(returned.shards[0], tmp_path / "shard-1.json", run=opened)
    (mine,) = published(returned, [open_one, *returned.shards[1:]], tmp_path / "out").published
    held = read_evidence(mine.path).run.host["isolation"]
    assert held.count("files: not isolated") == 1
    assert set(held) > set(read_evidence(returned.shards[1]).run.host["isolation"])


def test_the_order_of_the_shards_is_nothing(returned: Returned, tmp_path: Path) -> None:
    """All six orders, and a shard handed in twice, give the same bytes."""
    orders = [*itertools.permutations(returned.shards), (*returned.shards, returned.shards[1])]
    texts = set()
    for number, order in enumerate(orders):
        (mine,) = published(returned, order, tmp_path / str(number)).published
        texts.add(mine.path.read_bytes())
    assert len(texts) == 1


def test_the_same_answers_give_the_same_bytes_however_the_plan_is_cut(returned: Returned, tmp_path: Path) -> None:
    """Recorded answers replayed in one, two and five shards, and the record itself as a single shard: one evidence."""
    recorded = read_evidence(returned.whole)
    texts = {}
    for count in (1, 2, 5):
        sharded = planned(count)
        folder = tmp_path / str(count)
        turned = publish_shards(sharded, replayed(sharded, recorded.observations, folder), folder / "out")
        assert not turned.refused
        texts[count] = turned.published[0].path.read_bytes()
    assert len(set(texts.values())) == 1
    seal_evidence(joined(planned(1).models[0], [recorded]), tmp_path / "alone.json")
    assert (tmp_path / "alone.json").read_bytes() == texts[1]


def test_the_same_command_asks_nothing_twice(returned: Returned) -> None:
    """A shard run again is taken over from its journal, byte for byte."""
    before = returned.shards[0].read_bytes()
    again = finished(program("run-shard", returned.plan, 1, "--json", "--output", returned.shards[0]))
    assert again["reused"] is True
    assert returned.shards[0].read_bytes() == before


def test_a_stopped_shard_goes_on(returned: Returned, tmp_path: Path) -> None:
    """Ended in the middle, the same command finishes it, and the verdicts are those of the others."""
    path = tmp_path / "shard-2.json"
    first = program("run-shard", returned.plan, 2, "--output", path)
    for line in first.stderr or ():
        if "started" in line or "now" in line:
            break
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=300)
    assert finished(program("run-shard", returned.plan, 2, "--json", "--output", path))["stopped"] == ""
    assert _outcomes(read_evidence(path)) == _outcomes(read_evidence(returned.shards[1]))


def test_another_plan_or_model_is_not_run(returned: Returned, tmp_path: Path) -> None:
    """The digest that was announced is checked before anything else; exit status 2."""
    job = program("run-shard", returned.plan, 1, "--digest", "0" * 64, "--output", tmp_path / "x.json")
    _, said = job.communicate(timeout=300)
    assert job.returncode == 2
    assert "another plan" in said
    assert not (tmp_path / "x.json").exists()


def test_a_shard_goes_by_the_compact_ground_truth_as_a_whole_run_does(tmp_path: Path) -> None:
    """Where memory does not hold the ground truth, a shard neither computes it nor fails for want of it."""
    small = replace(machine(), memory_bytes=1000)
    wishes = Wishes(output=tmp_path / "shard.json", model_cache=tmp_path / "cache")
    compact = prepare_shard(planned(1), 1, wishes, silent, small).files.compact
    assert compact is not None
    assert compact.place.is_relative_to(tmp_path / "cache")
    assert "wants" in compact.instead
    assert prepare_shard(planned(1), 1, wishes, silent).files.compact is None
