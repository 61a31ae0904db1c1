"""The table of `make fuzz` tells what happened: counts are read from the fuzzer's own lines, a crash is one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import run_fuzz

SAID = """INFO: seed corpus: files: 3 min: 84b max: 400b total: 700b rss: 60Mb
#4\tINITED cov: 31 ft: 40 corp: 3/700b exec/s: 0 rss: 60Mb
#512\tNEW    cov: 40 ft: 55 corp: 7/1900b lim: 400 exec/s: 0 rss: 60Mb L: 90/400 MS: 2 CrossOver-EraseBytes-
#300000\tDONE   cov: 106 ft: 190 corp: 34/4Kb lim: 2048 exec/s: 20000 rss: 61Mb
Done 300000 runs in 15 second(s)
"""


def _ended(status: int, said: str) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(args=(), returncode=status, stdout="", stderr=said)


def test_the_last_line_counts() -> None:
    """Executions, edges and corpus of a run that ended well."""
    result = run_fuzz._result("x", _ended(0, SAID), 3, 15.2)
    assert (result.executions, result.edges, result.corpus, result.crashes) == (300_000, 106, 34, 0)
    assert result.row() == "| x | 300,000 | 106 | 3 | 31 | 0 | 15 |"


def test_a_crash_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A parser that broke its contract is one crash, with its last words and as many executions as were seen."""
    result = run_fuzz._result("x", _ended(77, SAID.split("#300000", maxsplit=1)[0] + "ValueError: oh"), 3, 1.0)
    assert (result.executions, result.crashes) == (512, 1)
    assert "ValueError: oh" in capsys.readouterr().err


def test_without_atheris_it_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A Python without the wheel gets a sentence and exit status 2, never an empty table that looks well."""
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.setattr(sys, "argv", ["run_fuzz.py", "--runs", "1"])
    assert run_fuzz.main() == 2
    assert "atheris" in capsys.readouterr().err
