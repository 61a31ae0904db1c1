"""What a user sees when something is wrong: what, where, the remedy, the right exit status, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Tell = Callable[..., Any]


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
        (["certify", "./missing-folder"], "no such model file or folder"),
        (["certify", "tiny", "mvpp"], "no model or tier is called 'mvpp'; did you mean mvp?"),
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
def test_bad_input_is_explained(
    argv: list[str], words: str, tmp_path: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each mistake is named with its remedy, exits with 2, and leaves no file behind."""
    monkeypatch.chdir(tmp_path)
    told = tell(*argv)
    assert words in told.err
    assert told.err.startswith("error: ") or "\nerror: " in told.err
    assert told.status == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argv", [["certify", "tiny", "mpv"], ["certify", "tiny", "smoke", "--engine", "apr=/no/apr"]])
def test_a_real_process_exits_with_the_same_status(argv: list[str], tmp_path: Path) -> None:
    """The exit status of the program is that of the table; standard output stays empty."""
    program = [sys.executable, "-m", "apr_qa", *argv]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert done.stdout == ""


def test_an_output_that_cannot_be_written_is_our_fault_not_the_models(tmp_path: Path, tell: Tell) -> None:
    """The exit status is 3, and the path is named."""
    (tmp_path / "file").write_text("x")
    told = tell("certify", "tiny", "smoke", "--engine", "reference", "--output", str(tmp_path / "file" / "out"))
    assert told.status == 3
    assert "file" in told.err


def test_a_broken_playbook_names_every_fault_at_once(tmp_path: Path, tell: Tell) -> None:
    """File, line and key stand in each message; nothing is run."""
    file = tmp_path / "bad.playbook.yaml"
    file.write_text(
        "name: x\nversion: 1.0.0\nmodel:\n  hf_repo: ../../etc\n  fromats: [gguf]\ntest_matrix:\n  seed: -1\n"
    )
    told = tell("run", str(file))
    assert told.status == 2
    for words in ("bad.playbook.yaml", ":4", ":5", "did you mean formats", ":7"):
        assert words in told.err


@pytest.mark.parametrize("argv", [[], ["registry"]])
def test_no_words_get_the_help(argv: list[str], tell: Tell) -> None:
    """The help is the answer, without an error above it; the exit status is 2."""
    told = tell(*argv)
    assert told.status == 2
    assert told.err.startswith("Usage: apr-qa")
