"""What a runner hands back is not believed: a hole is never a pass, a forged verdict never counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sharding import Returned, published, resealed

from apr_qa.run.record import TEXT_LIMIT
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome, Verdict

pytestmark = pytest.mark.timeout(900)
HELD = Verdict(outcome=Outcome.CORROBORATED, reason="trust me")


def _seen(change: Any) -> Any:
    def changed(evidence: Evidence) -> tuple[Observation, ...]:
        first, *others = evidence.observations
        return (change(first), *others)

    return changed


def _saying(seen: Observation, text: str) -> Observation:
    return replace(seen, reply=replace(seen.reply, text=text))


def _run(**changes: Any) -> Any:
    return lambda evidence: replace(evidence.run, **changes)


HOSTILE = {
    "a question that was not asked": {"observations": _seen(lambda o: replace(o, scenario="gguf-gpu-run-matrix-000"))},
    "an endless answer": {"observations": _seen(lambda o: _saying(o, "x" * (TEXT_LIMIT + 1)))},
    "an endless argv": {"observations": _seen(lambda o: replace(o, argv=("x" * 1000,) * 300))},
    "an endless error": {"observations": _seen(lambda o: replace(o, stderr_tail="x" * 5000))},
    "another plan": {"run": _run(plan_digest="0" * 64)},
    "another model": {"run": _run(model="other/model")},
    "other files": {"run": _run(files={"model.safetensors": "0" * 64})},
    "an easier tier": {"run": _run(certified_at=1)},
    "fewer claims": {"run": lambda e: replace(e.run, claims=e.run.claims[1:]), "judged": ()},
    "an easier question": {
        "run": lambda e: replace(
            e.run, scenarios=(replace(e.run.scenarios[0], max_tokens=1), *e.run.scenarios[1:])
        )
    },
    "a run of tomorrow": {"run": _run(started_at="2999-01-01T00:00:00+00:00")},
    "a run of never": {"run": _run(started_at="yesterday")},
    "a flood of notes": {"notes": tuple(f"note {n}" for n in range(1000))},
}  # fmt: skip


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_shard_that_is_not_what_was_asked_is_refused(
    returned: Returned, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """It counts as missing, with the reason; the verdict is PARTIAL whatever it says."""
    evil = resealed(returned.shards[0], tmp_path / "shard-1.json", **changes)
    turned = published(returned, [evil, *returned.shards[1:]], tmp_path / "out")
    assert list(turned.refused) == [str(evil)]
    assert turned.missing == (1,)
    assert turned.published[0].scorecard.status is Status.PARTIAL


BROKEN = {
    "a link": lambda path, shard: path.symlink_to(shard),
    "a folder": lambda path, _shard: path.mkdir(),
    "nothing": lambda path, _shard: path.write_text(""),
    "no JSON": lambda path, _shard: path.write_text("{"),
    "half of it": lambda path, shard: path.write_text(shard.read_text()[:2000]),
    "a broken seal": lambda path, shard: path.write_text(shard.read_text().replace("corroborated", "falsified", 1)),
    "evidence of the original": lambda path, _shard: path.write_text("[]"),
    "deep nesting": lambda path, _shard: path.write_text("[" * 100_000),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused(returned: Returned, tmp_path: Path, broken: Any) -> None:
    """Links, folders, torn and changed files; the other shards are published all the same."""
    path = tmp_path / "shard-1.json"
    broken(path, returned.shards[0])
    turned = published(returned, [path, *returned.shards[1:]], tmp_path / "out")
    assert list(turned.refused) == [str(path)]
    assert turned.published[0].scorecard.status is Status.PARTIAL


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_missing_shard_is_never_a_pass(returned: Returned, tmp_path: Path, missing: int) -> None:
    """Whichever it is, the verdict is PARTIAL and the shard is named in the evidence; no gateway lost by it holds."""
    there = [path for number, path in enumerate(returned.shards) if number != missing]
    turned = published(returned, there, tmp_path)
    assert turned.missing == (missing + 1,)
    (mine,) = turned.published
    assert mine.scorecard.status is Status.PARTIAL
    assert any(item.what == f"shard {missing + 1} of 3" for item in mine.evidence.run.not_run)
    record = next((tmp_path / "records").rglob("*.json"))
    assert json.loads(record.read_text())["status"] == "PARTIAL"


def test_without_any_shard_nothing_is_said(returned: Returned, tmp_path: Path) -> None:
    """No file at all: FAIL, nothing judged."""
    turned = published(returned, [], tmp_path)
    assert turned.published[0].scorecard.status is Status.FAIL


def test_a_verdict_is_judged_from_the_answers(returned: Returned, tmp_path: Path) -> None:
    """A runner that says "corroborated" over answers that are garbage is not believed."""

    def garbage(evidence: Evidence) -> tuple[Observation, ...]:
        return tuple(replace(o, reply=replace(o.reply, text="aaaaaaaa" * 40)) for o in evidence.observations)

    def held(evidence: Evidence) -> tuple[Judged, ...]:
        return tuple(Judged(claim=claim, verdict=HELD) for claim in evidence.run.claims)

    evil = [resealed(path, tmp_path / path.name, observations=garbage, judged=held) for path in returned.shards]
    turned = published(returned, evil, tmp_path / "out")
    assert not turned.refused
    assert turned.published[0].scorecard.status is Status.BLOCKED


def test_a_verdict_without_an_answer_does_not_count(returned: Returned, tmp_path: Path) -> None:
    """Questions that were not asked leave their claims open, whatever verdict came with them."""

    def held(evidence: Evidence) -> tuple[Judged, ...]:
        return tuple(Judged(claim=claim, verdict=HELD) for claim in evidence.run.claims)

    def unasked(evidence: Evidence) -> tuple[Observation, ...]:
        return tuple(
            replace(o, reply=replace(o.reply, ending=Ending.UNSTARTED, text=None)) for o in evidence.observations
        )

    for number, answers in enumerate(((), unasked)):
        evil = [
            resealed(path, tmp_path / f"{number}-{path.name}", observations=answers, judged=held)
            for path in returned.shards
        ]
        turned = published(returned, evil, tmp_path / f"out-{number}")
        assert not turned.refused
        assert turned.published[0].scorecard.status in (Status.PARTIAL, Status.FAIL)
