"""What a user sees when something is wrong: what, where, the remedy, the right exit status, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def told(*argv: str, cwd: Path | None = None) -> tuple[int, str]:
    """Run the program; return its exit status and what it said on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "apr_qa", *argv], capture_output=True, text=True, timeout=120, check=False, cwd=cwd
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["certify", "tiy", "mvp"], "did you mean tiny?"),
        (["certify", "tiny", "--tier", "mpv"], "did you mean mvp?"),
        (["certify", "tiny", "mvp", "--tier", "deep"], "two tiers were named"),
        (["certify", "tiny", "mvp", "--formats", "guff"], "did you mean gguf?"),
        (["certify", "tiny", "mvp", "--engine", "refrence"], "did you mean reference?"),
        (["certify", "tiny", "mvp", "--no-gpu", "--backends", "gpu"], "leaves nothing"),
        (["certify"], "nothing to certify was named"),
        (["certify", "missing.gguf"], "no such model file"),
        (["certify", "--model", "missing-folder"], "no such model file or folder"),
        (["certify", "tiny", "--wrokers", "2"], "No such option"),
        (["run", "missing.yaml"], "no such playbook"),
        (["score", "missing.json"], "missing.json"),
        (["explain", "G4-BASIC-002"], "did you mean G4-BASIC-001?"),
        (["certfy"], "No such command"),
        (["certify", "tiny", "smoke", "--engine", "apr=/nonexistent/apr"], "no such program"),
        (["certify", "tiny", "smoke", "--engine", "openai"], "URL"),
    ],
)
def test_bad_input_is_explained(argv: list[str], words: str, tmp_path: Path) -> None:
    """Each mistake is named with its remedy, exits with 2, and leaves no file behind."""
    status, said = told(*argv, cwd=tmp_path)
    assert words in said
    assert said.startswith("error: ") or "\nerror: " in said
    assert status == 2
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_our_fault_not_the_models(tmp_path: Path) -> None:
    """The exit status is 3, and the path is named."""
    (tmp_path / "file").write_text("x")
    status, said = told("certify", "tiny", "smoke", "--engine", "reference", "--output", str(tmp_path / "file" / "out"))
    assert status == 3
    assert "file" in said


def test_a_broken_playbook_names_every_fault_at_once(tmp_path: Path) -> None:
    """File, line and key stand in each message; nothing is run."""
    file = tmp_path / "bad.playbook.yaml"
    file.write_text(
        "name: x\nversion: 1.0.0\nmodel:\n  hf_repo: ../../etc\n  fromats: [gguf]\ntest_matrix:\n  seed: -1\n"
    )
    status, said = told("run", str(file))
    assert status == 2
    for words in ("bad.playbook.yaml", ":4", ":5", "did you mean formats", ":7"):
        assert words in said
