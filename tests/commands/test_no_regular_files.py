"""A named pipe in place of a file: nobody may ever write into it, so nothing waits for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TINY = Path(__file__).parents[2] / "models" / "tiny"
LIMIT_S = 120


def _said(*words: str) -> tuple[int, str]:
    argv = (sys.executable, "-m", "apr_qa", *words)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("words", [("score",), ("report",), ("tickets",), ("run", "--dry-run")], ids=" ".join)
def test_evidence_and_playbooks_are_regular_files(words: tuple[str, ...], tmp_path: Path) -> None:
    """Bad input, and the place is named."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    status, said = _said(words[0], str(pipe), *words[1:])
    assert status == 2
    assert "no regular file" in said


def test_a_config_that_is_a_pipe_falls(tmp_path: Path) -> None:
    """The folder is judged to its end, and the file is named; the healthy folder beside it has no such claim."""
    folder = tmp_path / "model"
    shutil.copytree(TINY / "safetensors", folder)
    (folder / "config.json").unlink()
    os.mkfifo(folder / "config.json")
    status, said = _said("validate-contract", str(folder))
    assert status == 1
    assert "config.json is no regular file" in said
    assert _said("validate-contract", str(TINY / "safetensors"))[0] == 0
