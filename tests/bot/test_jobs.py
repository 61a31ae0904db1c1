"""What the next jobs are handed is believed only as it was written, and no word of it becomes a path."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from handed import JOB

from apr_qa.bot.job import Brought, Job, read_job
from apr_qa.bot.planning import runners_of_job, targets_of_job, wishes_of_job
from apr_qa.errors import InputError
from apr_qa.github.snapshot import blob_id
from apr_qa.pipeline.wishes import Wishes
from apr_qa.vocab.axes import Backend, Tier
from apr_qa.vocab.shards import Runner

TEXT = """\
name: mine
version: 1.0.0
tier: mvp
model:
  hf_repo: apr-qa/tiny
  local_path: models/tiny
test_matrix:
  modalities: [run]
  backends: [cpu]
  scenario_count: 1
  seed: 7
"""


def _bringing(text: str, /, **changes: Any) -> Job:
    item = Brought(path="playbooks/models/mine.playbook.yaml", blob=blob_id(text), text=text)
    return replace(JOB, playbooks=(replace(item, **changes),))


def test_a_job_is_read_as_it_was_written() -> None:
    """Tiers, backends, playbooks, line ends and other scripts come back equal."""
    job = replace(_bringing(TEXT), line='/certify tiny reason="größer\u2028"')
    assert read_job(job.text) == job
    assert read_job(json.dumps(job.content)) == job


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda c: c.update(trusted=False), "changed"),
        (lambda c: c.update(surprise=1), "surprise"),
        (lambda c: c.update(tier="huge"), "tier"),
        (lambda c: c.update(models="apr-qa/tiny"), "models"),
        (lambda c: c.pop("digest"), "no job"),
        (lambda c: c["playbooks"].append({"path": "x"}), "playbooks"),
    ],
)
def test_a_changed_job_is_refused(change: Any, problem: str) -> None:
    """Rights, unknown and wrong fields, a digest that is not there."""
    content = JOB.content
    change(content)
    with pytest.raises(InputError, match=problem):
        read_job(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"'])
def test_what_is_no_job_is_refused(text: str) -> None:
    """An error of the input, with exit status 2."""
    with pytest.raises(InputError, match="no job"):
        read_job(text)


def test_a_playbook_that_a_change_brings_is_what_is_planned() -> None:
    """At the job's tier, with its own numbers, and recorded as unreviewed."""
    (target,) = targets_of_job(_bringing(TEXT))
    assert (target.playbook.name, target.playbook.matrix.seed, target.tier.tier) == ("mine", 7, Tier.SMOKE)
    wishes = wishes_of_job(_bringing(TEXT), Wishes())
    assert wishes.unlocked.startswith("brought by commit 0000")
    assert wishes_of_job(JOB, Wishes()).unlocked == ""


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        (_bringing(TEXT, text=TEXT.replace("seed: 7", "seed: 8")), "not what was read"),
        (_bringing(TEXT.replace("models/tiny", "/etc")), "local_path"),
        (
            _bringing(TEXT.replace("apr-qa/tiny", "other/model").replace("  local_path: models/tiny\n", "")),
            "nobody asked",
        ),
        (_bringing("name: [\n"), "faults?"),
        (replace(JOB, models=("no-such-family",)), "no-such-family"),
        (replace(JOB, models=()), "names no model"),
    ],
    ids=["other text", "a path", "another model", "broken", "no model", "none"],
)
def test_what_a_change_may_not_say_is_refused_again(job: Job, problem: str) -> None:
    """The planner does not rely on whoever read the event."""
    with pytest.raises(InputError, match=problem):
        targets_of_job(job)


def test_a_folder_in_the_checkout_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change may bring a folder that has a model's name: names of a job are never looked up on disk."""
    (tmp_path / "apr-qa" / "tiny").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    (target,) = targets_of_job(JOB)
    assert target.path is None
    assert target.playbook.model.hf_repo == "apr-qa/tiny"


def test_a_revision_is_pinned() -> None:
    """`org/name@revision` of a job reaches the playbook."""
    (target,) = targets_of_job(replace(JOB, models=("Qwen/Qwen2.5-Coder-0.5B-Instruct@abc123",)))
    assert target.playbook.model.revision == "abc123"


def test_runners_with_a_gpu_are_left_out_where_the_policy_knows_none() -> None:
    """Else a cell would wait for a machine that never comes."""
    cpu, gpu = (Runner(backend=backend, labels=("x",)) for backend in (Backend.CPU, Backend.GPU))
    assert runners_of_job(JOB, [cpu, gpu]) == (cpu,)
    assert runners_of_job(replace(JOB, gpu=True), [cpu, gpu]) == (cpu, gpu)
