"""act and what it needs: named by the lane, never skipped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

for folder in ("github/fake", "bot", "e2e", "action", "act"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))

from acting import RUNNER_IMAGE, Act  # noqa: E402  (after the path is set)


@pytest.fixture(scope="session")
def runner_image() -> str:
    """The image that jobs run in."""
    here = Path(__file__).parent
    argv = [
        "docker",
        "build",
        "--quiet",
        "--network",
        "host",
        "-t",
        RUNNER_IMAGE,
        "-f",
        str(here / "runner.Dockerfile"),
    ]
    subprocess.run([*argv, str(here / "stubs")], check=True, capture_output=True, timeout=900)
    return RUNNER_IMAGE


@pytest.fixture
def act(tmp_path: Path, runner_image: str) -> Act:
    """A consumer's repository without workflows."""
    assert runner_image
    return Act(tmp_path)
