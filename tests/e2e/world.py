"""The world of the recorded walk: a repository with a registry, people and a model, and the engine's upstream."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from actions import program_copy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gh_server import FakeGitHub, fake_github
from gh_state import FakeComment, FakeIssue, FakeRepo
from talk import comment_payload
from workflows import Event, Run

ROOT = Path(__file__).resolve().parents[2]
CONSUMER = Path(__file__).with_name("consumer.yml")
TINY = ROOT / "models" / "tiny"
PLAYBOOK = "playbooks/models/tiny-mvp.playbook.yaml"
UPSTREAM = "paiml/aprender"
ACTIONS_BOT = "github-actions[bot]"
POLICY = """\
backends: [cpu]
formats: [safetensors, gguf]
shards: 3
tickets: {engines: [reference, llama.cpp]}
"""
README = "# Models\n\n<!-- CERTIFICATION_TABLE_START -->\n<!-- CERTIFICATION_TABLE_END -->\n"


@dataclass
class World:
    """Everything that the walk needs, and what happened so far."""

    hub: FakeGitHub
    folder: Path
    program: Path
    secrets: Mapping[str, str]
    repo: FakeRepo
    upstream: FakeRepo
    runs: list[Run] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(501))

    def say(self, author: str, body: str, pull: int = 7) -> Run:
        """Somebody comments; the consumer's workflow runs to its end."""
        comment = self.hub.state.comment(self.repo, pull, author, body)
        payload = comment_payload(author, body, comment.id, pull)
        return self.run(CONSUMER, "issue_comment", payload, author)

    def run(self, file: Path, name: str, payload: Mapping[str, Any], actor: str, run_id: int = 0) -> Run:
        """Run a workflow about an event."""
        number = run_id or next(self.numbers)
        event = Event(
            name=name, payload=payload, git=self.repo.git, sha=self.repo.git.head("main"), api_url=self.hub.url,
            token="gh-token", secrets=self.secrets, actor=actor, run_id=number,
            jobs=self.repo.jobs.setdefault(number, []),
        )  # fmt: skip
        run = Run(event, self.folder / f"run-{number}-{len(self.runs)}", self.program, Path(sys.executable).parents[1])
        self.runs.append(run)
        run.workflow(yaml.safe_load(file.read_text(encoding="utf-8")), {}, self.secrets)
        assert not self.hub.violations, self.hub.violations
        return run

    @property
    def asked(self) -> FakeComment:
        """The last comment that a person wrote."""
        return [c for c in self.repo.comments.values() if c.author != ACTIONS_BOT][-1]

    @property
    def tickets(self) -> list[FakeIssue]:
        """Issues upstream, oldest first."""
        return [issue for _, issue in sorted(self.upstream.issues.items())]

    def sticky(self, pull: int = 7) -> str:
        """The one comment about the run; there may be no second."""
        found = [c.body for c in self._said(pull) if c.body.startswith("<!-- apr-qa:certify")]
        assert len(found) <= 1
        return found[0] if found else ""

    def reply(self, pull: int = 7) -> str:
        """The last reply; empty when there is none."""
        return next((c.body for c in reversed(self._said(pull)) if c.body.startswith("<!-- apr-qa:reply")), "")

    def _said(self, pull: int) -> list[FakeComment]:
        return [c for c in self.repo.comments.values() if c.issue == pull and c.author == ACTIONS_BOT]

    def put_model(self, *, noisy: bool) -> None:
        """Commit the shipped model, or one whose GGUF files hold noise where weights should be."""
        self.repo.git.commit("main", {f"models/tiny/gguf/{n}": d for n, d in _gguf(noisy=noisy)}, message="Model")


def _gguf(*, noisy: bool) -> Iterator[tuple[str, bytes]]:
    for path in sorted((TINY / "gguf").iterdir()):
        data = bytearray(path.read_bytes())
        if noisy:
            drawn = np.random.default_rng(2).integers(0, 60, 1_000_000, dtype=np.uint8).tobytes()
            data[len(data) - 1_100_000 : len(data) - 100_000] = drawn
        yield path.name, bytes(data)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Build the world; whatever GitHub's description forbids ends it with an error."""
    key = rsa.generate_private_key(65537, 2048)
    with fake_github(folder / "hub") as hub:
        state = hub.state
        state.app_key = key.public_key()
        state.tokens["gh-token"] = ACTIONS_BOT
        repo = state.repo("o/r")
        repo.roles = {"mia": "maintain", "ann": "write"}
        model = {f"models/tiny/{p.relative_to(TINY)}": p.read_bytes() for p in TINY.rglob("*") if p.is_file()}
        text = {"README.md": README, ".github/apr-qa.yml": POLICY, PLAYBOOK: (ROOT / PLAYBOOK).read_text()}
        repo.git.commit("main", model | text)
        state.pull(repo, 7, ["docs/notes.md"], author="ann")
        upstream = state.repo(UPSTREAM)
        upstream.git.commit("main", {"README.md": "# The engine\n"})
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
        secrets = {"APP_ID": "12345", "APP_KEY": pem, "APP_INSTALLATION": "99"}
        (folder / "program").mkdir()
        program = program_copy(ROOT, folder / "program")
        yield World(hub=hub, folder=folder, program=program, secrets=secrets, repo=repo, upstream=upstream)
        assert not hub.violations, hub.violations
