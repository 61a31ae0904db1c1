"""Playbooks that a pull request brings are data: used untrusted, or refused with a remark on the line."""

from __future__ import annotations

import pytest
from gh_server import FakeGitHub
from talk import Talk

from apr_qa.bot.job import read_job
from apr_qa.github.client import Client


@pytest.fixture
def talk(hub: FakeGitHub, client: Client) -> Talk:
    return Talk(hub, client)


PLAYBOOK = """\
name: mine
version: 1.0.0
tier: smoke
model:
  hf_repo: {repo}
  {more}
test_matrix:
  modalities: [run]
  backends: [cpu]
  scenario_count: 1
"""


def _bring(talk: Talk, **texts: str) -> None:
    files = {f"playbooks/models/{name}.playbook.yaml": text for name, text in texts.items()}
    talk.hub.state.pull(talk.repo, 9, list(files), author="ann")
    talk.repo.git.commit("pr-9", files)


def test_a_changed_playbook_makes_the_run_untrusted(talk: Talk) -> None:
    """The maintainer's run uses the pull request's playbook, as data at that commit, and writes nothing down."""
    _bring(talk, mine=PLAYBOOK.format(repo="Qwen/Qwen2.5-Coder-0.5B-Instruct", more="formats: [safetensors]"))
    assert talk.say("boss", "/certify changed smoke", 9) == ("queued",)
    job = talk.heard.job
    assert job is not None
    assert job.models == ("Qwen/Qwen2.5-Coder-0.5B-Instruct",)
    (brought,) = job.playbooks
    assert brought.path == "playbooks/models/mine.playbook.yaml"
    assert talk.repo.git.text("pr-9", brought.path) == brought.text
    assert brought.blob == talk.repo.git.git("rev-parse", f"pr-9:{brought.path}").strip()
    assert read_job(job.text) == job
    assert (job.trusted, job.commit) == (False, False)
    assert "changes a playbook that it uses" in talk.sticky


def test_what_outsiders_may_not_say_is_marked_on_its_line(talk: Talk) -> None:
    """A path on our machines, a foreign organisation, a broken file: none is used, each gets a remark."""
    _bring(
        talk,
        path=PLAYBOOK.format(repo="Qwen/Qwen2.5-Coder-0.5B-Instruct", more="local_path: /etc"),
        org=PLAYBOOK.format(repo="evil/model", more="formats: [gguf]"),
        broken="name: [\n",
    )
    assert talk.say("boss", "/certify changed smoke", 9) == ("nothing-fits",)
    assert talk.say("boss", "/certify tiny smoke", 9) == ("queued",)
    job = talk.heard.job
    assert job is not None
    assert job.playbooks == ()
    (check,) = talk.repo.checks.values()
    said = {a["path"].rpartition("/")[2].partition(".")[0]: a["message"] for a in check["annotations"]}
    assert "local_path" in said["path"]
    assert "organisation evil" in said["org"]
    assert "not readable" in said["broken"]


def test_more_playbooks_than_a_job_can_carry_are_answered(talk: Talk) -> None:
    """They travel as text in an output: too much of it starts nothing, and the reply says what to do."""
    text = PLAYBOOK.format(repo="Qwen/Qwen2.5-Coder-0.5B-Instruct", more="formats: [safetensors]")
    _bring(talk, mine=text + "# long\n" * 6000)
    for said in ("/certify changed smoke", "/certify qwen-coder/0.5B smoke"):
        assert talk.say("boss", said, 9) == ("cannot-be",)
        assert "Name fewer models in one command." in talk.reply
        assert talk.heard.job is None
