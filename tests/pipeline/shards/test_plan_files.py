"""`plan.json` is believed only as it was written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sharding import NARROW, planned, silent

from apr_qa.errors import InputError
from apr_qa.pipeline.plan_files import read_plan, sharded_digest, write_plan
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.shards import _planned
from apr_qa.pipeline.targets import by_words
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.shards import ShardedPlan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ShardedPlan]:
    """A plan of three shards."""
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    sharded = planned(3)
    write_plan(path, sharded)
    return path, sharded


def test_what_was_written_is_read(plan: tuple[Path, ShardedPlan]) -> None:
    """The same record, the digest that was announced; planning again gives the same bytes."""
    path, sharded = plan
    assert read_plan(path, sharded.digest) == sharded
    again = path.with_name("again.json")
    write_plan(again, planned(3))
    assert again.read_bytes() == path.read_bytes()


def test_another_number_of_shards_is_another_plan_of_the_same_questions(plan: tuple[Path, ShardedPlan]) -> None:
    """The model's own plan has the digest that an unsharded run has, however it is cut."""
    other = planned(2)
    assert other.digest != plan[1].digest
    assert other.models[0].plan.digest == plan[1].models[0].plan.digest


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda p: p["models"][0]["plan"]["scenarios"][0].update(seed=99), "changed"),
        (lambda p: p["models"][0]["run"]["files"].update(evil="0" * 64), "changed"),
        (lambda p: p.update(engine="openai=http://evil"), "changed"),
        (lambda p: p.update(apr_qa_version="0.0.1"), "made by apr-qa 0.0.1"),
        (lambda p: p.update(tool="0" * 64), "made by other code"),
        (lambda p: p.update(job="0" * 64), "changed"),
        (lambda p: p.update(surprise=1), "no plan: surprise"),
        (lambda p: p.update(shards="x"), "no plan: shards"),
    ],
)
def test_a_changed_plan_is_refused(plan: tuple[Path, ShardedPlan], tmp_path: Path, change: Any, problem: str) -> None:
    """Questions, pins, engine, version, unknown and wrong fields."""
    content = json.loads(plan[0].read_text())
    change(content)
    changed = tmp_path / "plan.json"
    changed.write_text(json.dumps(content))
    with pytest.raises(InputError, match=problem):
        read_plan(changed)


def test_a_plan_with_a_right_digest_and_a_lost_question_is_refused(
    plan: tuple[Path, ShardedPlan], tmp_path: Path
) -> None:
    """A digest can be computed by anybody; that each question is in one shard is looked at all the same."""
    from dataclasses import replace

    first, *others = plan[1].shards
    short = replace(plan[1], shards=(replace(first, scenarios=first.scenarios[1:]), *others))
    path = tmp_path / "plan.json"
    write_plan(path, replace(short, digest=sharded_digest(short)))
    with pytest.raises(InputError, match="each question once"):
        read_plan(path)


def test_another_plan_than_announced_is_refused(plan: tuple[Path, ShardedPlan]) -> None:
    """The digest travels beside the plan, by another way."""
    with pytest.raises(InputError, match="another plan"):
        read_plan(plan[0], "0" * 64)


def test_the_revision_that_was_found_is_the_one_that_shards_fetch() -> None:
    """A branch name would be another revision tomorrow; what has none keeps what the playbook says."""
    (target,) = by_words(["tiny"], Tier.SMOKE)
    ready = prepare(target, NARROW, silent)
    found = replace(ready, files=replace(ready.files, revision="0123abcd"))
    assert _planned(found).playbook.model.revision == "0123abcd"
    assert _planned(ready).playbook == target.playbook
