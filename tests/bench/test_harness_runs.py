"""The benchmark runs and prints its table; what it measures is for people, never an assertion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[2] / "bench" / "harness.py"


def test_a_quick_round_prints_every_figure() -> None:
    """One line a figure, with its target where it has one."""
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--quick"], capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    for words in (
        "apr-qa --help",
        "planning ",
        "our time a scenario",
        "reading and scoring",
        "peak memory",
        "under 5 ms",
    ):
        assert words in done.stdout
