"""Fixtures: a fake GitHub, and clients of it. Whatever GitHub's description forbids fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gh_server import FakeGitHub, fake_github

from apr_qa.github.access import Access
from apr_qa.github.client import Client


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeGitHub]:
    """A fake GitHub with the repository `o/r`: one commit on main, pull request 7, people with roles."""
    with fake_github(tmp_path) as fake:
        repo = fake.state.repo("o/r")
        repo.git.commit("main", {"README.md": "hello\n"})
        repo.roles = {"boss": "maintain", "ann": "write", "tim": "triage", "root": "admin"}
        fake.state.pull(repo, 7, ["docs/x.md"], author="ann")
        yield fake
        assert not fake.violations, fake.violations


@pytest.fixture
def access(hub: FakeGitHub) -> Access:
    """How the bot reaches the fake, without pauses."""
    return Access(
        token="bot-token", api_url=hub.url, between_requests_s=0, between_writes_s=0, backoff_s=0.001, timeout_s=20
    )


@pytest.fixture
def client(access: Access) -> Iterator[Client]:
    """A client of the bot."""
    made = Client(access)
    yield made
    made.close()
