"""What the actions of others do in our workflows, done on this machine: checkouts and artefacts."""

from __future__ import annotations

import fnmatch
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gh_git import GitData

OURS = "paiml/apr-qa"


@dataclass(slots=True)
class Store:
    """Artefacts of one run. Whoever comes second under a name is refused, as GitHub does."""

    folder: Path
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upload(self, workspace: Path, name: str, path: str, **more: Any) -> None:
        """Keep a file or the content of a folder."""
        source, target = workspace / path, self.folder / name
        if not source.exists() and more.get("if-no-files-found") in ("warn", "ignore"):
            return
        with self.lock:
            if more.get("overwrite"):
                shutil.rmtree(target, ignore_errors=True)
            assert not target.exists(), f"409: there is an artefact {name} already"
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                target.mkdir(parents=True)
                shutil.copy(source, target)

    def download(self, workspace: Path, name: str = "", pattern: str = "", path: str = ".", **_more: Any) -> None:
        """Fetch one artefact, or each that fits into a folder of its name."""
        found = sorted(
            p for p in self.folder.iterdir() if name == p.name or (pattern and fnmatch.fnmatch(p.name, pattern))
        )
        assert found or pattern, f"there is no artefact {name}"
        for artefact in found:
            target = workspace / path / artefact.name if pattern else workspace / path
            shutil.copytree(artefact, target, dirs_exist_ok=True)


def attest(workspace: Path, **given: Any) -> None:
    """GitHub signs what the files name: a statement about the digests of real files. Here it is only looked at."""
    subjects = (workspace / given["subject-checksums"]).read_text().splitlines()
    assert subjects
    assert all(len(line.split()[0]) == 64 for line in subjects)
    assert json.loads((workspace / given["predicate-path"]).read_text())["result"] in ("PASSED", "WARNED", "FAILED")


def checkout(workspace: Path, git: GitData, sha: str, program: Path, **given: Any) -> None:
    """Put the repository at a commit, or our own program, into the workspace. No token is left behind."""
    assert given["persist-credentials"] is False
    target = workspace / given.get("path", ".")
    if given.get("repository"):
        assert given["repository"] == OURS
        target.symlink_to(program)
        return
    packed = subprocess.run(
        ["git", "--git-dir", str(git.folder), "archive", given.get("ref") or sha], check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(target, filter="data")


def program_copy(root: Path, folder: Path) -> Path:
    """Return a copy of the program that nobody edits while it runs, as a checkout of our repository."""
    for name in ("src", "run", "requirements", "pyproject.toml", "action.yml", "Dockerfile", "docker"):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def clean_environment(program: Path, temp: Path, venv: Path) -> dict[str, str]:
    """Return what a runner's own environment holds: no token, no secret; the program's packages are installed."""
    temp.mkdir(parents=True, exist_ok=True)
    if not (temp / "apr-qa-venv").is_symlink():
        (temp / "apr-qa-venv").symlink_to(venv)
    (temp / "bin").mkdir(exist_ok=True)
    docker = temp / "bin" / "docker"  # (these machines have none: the workflows then choose the host)
    docker.write_text("#!/bin/sh\nexit 1\n")
    docker.chmod(0o755)
    return {
        "PATH": f"{temp / 'bin'}:{os.environ['PATH']}",
        "HOME": str(temp),
        "XDG_CACHE_HOME": str(temp / "cache"),
        "RUNNER_TEMP": str(temp),
        "PYTHONPATH": str(program / "src"),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "APR_QA_SECONDS_BETWEEN_WRITES": "0",
        "APR_QA_SECONDS_BETWEEN_LOOKS": "1",
    }
