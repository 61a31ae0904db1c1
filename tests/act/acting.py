"""Plays GitHub with act: a consumer's repository, our workflows and composite action, our image, stubs for the rest."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STUBS = Path(__file__).with_name("stubs")
RUNNER_IMAGE = "apr-qa-runner:lane"
LABELS = ("ubuntu-latest", "self-hosted", "apr-qa-cpu", "apr-qa-gpu")
TREE = ("action.yml", "run", "requirements", "src", "pyproject.toml", "README.md", "LICENSE")
USES = re.compile(r"uses: ([\w-]+/[\w-]+)@([0-9a-f]{40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a workflow ended."""

    returncode: int
    log: str
    artefacts: Path

    def ended(self, job: str) -> bool:
        """Whether a job of that name succeeded."""
        return any(job in line and "Job succeeded" in line for line in self.log.splitlines())


class Act:
    """A consumer's repository, and act to play events in it."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "consumer"
        self.artefacts = folder / "artefacts"
        self.artefacts.mkdir()
        self._stubs = folder / "stubs"
        self._folder = folder
        _put_stubs(self._stubs)
        (self.repository / ".github" / "workflows").mkdir(parents=True)

    def workflow(self, name: str, text: str) -> None:
        """Put a workflow into the consumer's repository."""
        (self.repository / ".github" / "workflows" / name).write_text(text, encoding="utf-8")

    def play(self, event: str, payload: Any, secrets: Mapping[str, str] | None = None, **variables: str) -> Played:
        """Let the event happen and wait for the end of all jobs."""
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=self.repository, check=True)
        told = self._folder / "event.json"
        told.write_text(json.dumps(payload), encoding="utf-8")
        argv = [os.environ["APR_QA_ACT"], event, "--eventpath", str(told), "--pull=false", "--no-cache-server",
                "--action-offline-mode", "--rm", "--container-daemon-socket", os.environ["DOCKER_HOST"],
                "--container-options", f"-v {self.artefacts}:/artefacts"]  # fmt: skip
        argv += [word for label in LABELS for word in ("-P", f"{label}={RUNNER_IMAGE}")]
        argv += [f"--local-repository={name}={folder}" for name, folder in self._local().items()]
        argv += [word for name, value in (secrets or {}).items() for word in ("--secret", f"{name}={value}")]
        argv += [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        # act keeps its settings and caches below HOME; the caller's are none of the play's business.
        env = {**os.environ, "HOME": str(self._folder)}
        done = subprocess.run(
            argv, cwd=self.repository, env=env, capture_output=True, text=True, timeout=900, check=False
        )
        return Played(returncode=done.returncode, log=done.stdout + done.stderr, artefacts=self.artefacts)

    def _local(self) -> dict[str, Path]:
        workflows = (ROOT / ".github" / "workflows").glob("*.yml")
        pins = {match.groups() for path in workflows for match in USES.finditer(path.read_text(encoding="utf-8"))}
        there = {f"{name}@{pin}": self._stubs / name.partition("/")[2] for name, pin in pins}
        return {name: path for name, path in there.items() if path.exists()} | {"paiml/apr-qa@v0": self._ours()}

    def _ours(self) -> Path:
        """Our workflows without what GitHub knows and act does not yet: a queue of more than one that waits."""
        folder = self._folder / "ours" / ".github" / "workflows"
        folder.mkdir(parents=True, exist_ok=True)
        for path in (ROOT / ".github" / "workflows").glob("*.yml"):
            text = re.sub(r"^ +queue: max.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            (folder / path.name).write_text(text, encoding="utf-8")
        return folder.parents[1]


def _put_stubs(folder: Path) -> None:
    shutil.copytree(STUBS, folder)
    for name in TREE:
        source, target = ROOT / name, folder / "checkout" / "tree" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
