"""kill -9 after every single write: asked again, the bot arrives where an undisturbed one does."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gh_server import FakeGitHub, Fault, fake_github
from handed import Results, judged
from talk import comment_payload

from apr_qa.bot.job import read_job
from apr_qa.bot.registering import FOLDER

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]
WRITE = re.compile(r"^(POST|PATCH|DELETE) /repos|mutation")
POLICY = "backends: [cpu]\nformats: [safetensors]\ntickets: {engine_repo: up/stream, engines: [reference]}\n"
README = "<!-- CERTIFICATION_TABLE_START -->\n<!-- CERTIFICATION_TABLE_END -->\n"
SAID = "/certify tiny smoke"
_TIMES = re.compile(r'"asked_at":\[[^]]*\]|job `sha256:\w+`|"job":"\w+"|[0-9a-f]{40}|`[0-9a-f]{7}`')


@dataclass
class Scene:
    """A fresh repository with one command on its pull request."""

    hub: FakeGitHub
    folder: Path
    number: int
    """Of the comment."""

    def bot(self, *words: str, killed_at: int | None = None) -> Any:
        """Run the command as a program; with `killed_at` it dies while its so-manieth write is being done."""
        argv = [sys.executable, "-m", "apr_qa", "bot", "--json", *words, str(self.folder / "event.json")]
        env = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ} | {
            "GITHUB_EVENT_NAME": "issue_comment",
            "GITHUB_TOKEN": "bot-token",
            "APR_QA_TICKETS_TOKEN": "bot-token",
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_RUN_ID": "77",
            "APR_QA_SECONDS_BETWEEN_WRITES": "0",
            "HOME": str(self.folder),
        }
        child = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.hub.faults.clear()
        if killed_at is not None:
            kill = Fault(match=WRITE.pattern, kind="lost", skip=killed_at, do=lambda _s: os.kill(child.pid, 9))
            self.hub.faults.append(kill)
        out, err = child.communicate(timeout=600)
        if killed_at is not None:
            assert child.returncode == -signal.SIGKILL, err
            return None
        assert child.returncode == 0, err
        return json.loads(out)

    def shown(self) -> dict[str, Any]:
        """Everything that people see, without times and ids that differ from run to run."""
        repo, upstream = self.hub.state.repo("o/r"), self.hub.state.repo("up/stream")
        bodies = [_TIMES.sub("*", c.body) for c in repo.comments.values() if c.id != self.number]
        checks = [(c["status"], c.get("conclusion"), c["output"]["title"], len(c["annotations"])) for c in
                  repo.checks.values()]  # fmt: skip
        return {
            "comments": bodies,
            "reactions": [content for _, content in repo.comments[self.number].reactions.values()],
            "checks": checks,
            "issues": [(i.title, i.state, i.labels) for i in upstream.issues.values()],
            "paths": [p for p in repo.git.paths("main") if "badges" not in p],
            "table": repo.git.text("main", f"{FOLDER}/models.csv") if _has_table(repo.git.paths("main")) else "",
            "commits": repo.git.git("rev-list", "--count", "main"),
        }


def _has_table(paths: list[str]) -> bool:
    return f"{FOLDER}/models.csv" in paths


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """The same beginning every time."""
    with fake_github(folder) as hub:
        repo = hub.state.repo("o/r")
        repo.git.commit("main", {"README.md": README, ".github/apr-qa.yml": POLICY})
        repo.roles = {"boss": "maintain", "ann": "write"}
        hub.state.pull(repo, 7, ["docs/x.md"], author="ann")
        hub.state.repo("up/stream").git.commit("main", {"README.md": "x\n"})
        number = hub.state.comment(repo, 7, "boss", SAID).id
        (folder / "event.json").write_text(json.dumps(comment_payload("boss", SAID, number)))
        yield Scene(hub, folder, number)
        assert not hub.violations, hub.violations


def _writes(log: list[str], since: int) -> int:
    return sum(1 for call in log[since:] if re.match(r"(POST|PATCH|DELETE) /repos", call))


def test_a_killed_hearing_is_heard_again(tmp_path: Path) -> None:
    """Eyes, comment, check run, rocket: killed after each of them, the rerun ends with one of each and the same job."""
    (tmp_path / "whole").mkdir()
    with scene(tmp_path / "whole") as there:
        job = there.bot()["job"]
        wanted, count = there.shown(), _writes(there.hub.log, 0)
    assert count >= 4

    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        with scene(folder) as there:
            there.bot(killed_at=number)
            again = there.bot()["job"]
            assert there.shown() == wanted, number
            assert {**again, "sha": "", "digest": ""} == {**job, "sha": "", "digest": "", "comment_id": there.number}

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(count)))


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return judged(tmp_path_factory.mktemp("noisy"), noisy=True)


def _answered(there: Scene, noisy: Results, killed_at: int | None = None) -> int:
    """Hear, then answer with what was judged; return how many writes the answer took."""
    job = read_job(json.dumps(there.bot()["job"]))
    results, digest = noisy.of(job, there.folder / "results")
    words = (f"--job={job.text}", f"--results={results}", f"--digest={digest}")
    before = len(there.hub.log)
    if killed_at is not None:
        there.bot(*words, killed_at=killed_at)
    there.bot(*words)
    return _writes(there.hub.log, before)


def test_a_killed_answer_is_given_again(noisy: Results, tmp_path: Path) -> None:
    """Labels, tickets, the commit, check run, comment, reaction: killed after each, nothing is twice or missing."""
    (tmp_path / "whole").mkdir()
    with scene(tmp_path / "whole") as there:
        count = _answered(there, noisy) + 1  # (the commit is a mutation)
        wanted = there.shown()
    assert wanted["issues"]

    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        with scene(folder) as there:
            _answered(there, noisy, killed_at=number)
            assert there.shown() == wanted, number

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, range(count)))
