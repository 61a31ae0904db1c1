"""A comment on a pull request, played by act: the README's workflow, our bot in our image, the fake GitHub."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import ROOT, Act
from gh_server import FakeGitHub
from readme import consumer_workflow
from talk import comment_payload
from world import World, world

from apr_qa.bot.registering import FOLDER

pytestmark = [pytest.mark.act, pytest.mark.timeout(1800)]
NETWORK = {"APR_QA_DOCKER_OPTIONS": "--network host", "GITHUB_REPOSITORY": "o/r"}
"""The fake GitHub listens on loopback."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A fake GitHub with the consumer's repository, people, a pull request."""
    (tmp_path / "world").mkdir()
    with world(tmp_path / "world") as made:
        yield made


def _prepared(act: Act) -> None:
    act.workflow("certify-command.yml", consumer_workflow(image="apr-qa:lane", mode="docker", engine="reference"))
    # (act looks for `./...` of a called workflow in the caller's repository; GitHub does in the called one's)
    shutil.copy(ROOT / ".github" / "workflows" / "certify.yml", act.repository / ".github" / "workflows")
    shutil.copytree(ROOT / "models" / "tiny", act.repository / "models" / "tiny")


def test_a_maintainers_comment_becomes_a_certificate(act: Act, here: World) -> None:
    """Heard, planned, certified, answered, each in a container of ours: comment, check run, reaction, registry."""
    _prepared(act)
    hub: FakeGitHub = here.hub
    comment = hub.state.comment(here.repo, 7, "mia", "/certify tiny smoke")
    payload = comment_payload("mia", comment.body, comment.id, 7)
    played = act.play("issue_comment", payload, {"GITHUB_TOKEN": "gh-token"}, GITHUB_API_URL=hub.url, **NETWORK)
    assert played.returncode == 0, played.log[-8000:]
    assert "### 🟡 Provisional: 1 of 1 model, tier smoke" in here.sticky()
    assert [content for _, content in comment.reactions.values()] == ["+1"]
    checks = [c for c in here.repo.checks.values() if c["head_sha"] == here.repo.git.head("pr-7")]
    assert [(c["status"], c["conclusion"]) for c in checks] == [("completed", "success")]
    assert any(path.startswith(f"{FOLDER}/records/") for path in here.repo.git.paths("main"))


def test_a_strangers_comment_starts_nothing(act: Act, here: World) -> None:
    """The bot refuses in words; no job that runs models starts, and nothing is written down."""
    _prepared(act)
    comment = here.hub.state.comment(here.repo, 7, "eve", "/certify tiny smoke")
    payload = comment_payload("eve", comment.body, comment.id, 7)
    played = act.play("issue_comment", payload, {"GITHUB_TOKEN": "gh-token"}, GITHUB_API_URL=here.hub.url, **NETWORK)
    assert played.returncode == 0, played.log[-8000:]
    assert "### 👎 Not started" in here.reply()
    assert list(played.artefacts.iterdir()) == []
    assert not any(path.startswith(f"{FOLDER}/records/") for path in here.repo.git.paths("main"))
