"""The lane of Ollama says which tool is missing instead of failing somewhere in the middle."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "ollama-lane.sh"


@pytest.mark.parametrize("there", [(), ("go",), ("go", "gcc")])
def test_a_missing_tool_is_named(there: tuple[str, ...], tmp_path: Path) -> None:
    """Without an Ollama the first of go, gcc and g++ that is not there is named, with exit status 2."""
    for name in ("bash", "dirname", *there):
        (tmp_path / name).symlink_to(shutil.which(name) or "/bin/true")
    env = {**os.environ, "PATH": str(tmp_path), "OLLAMA_ROOT": str(tmp_path / "none")}
    done = subprocess.run([str(tmp_path / "bash"), str(SCRIPT)], capture_output=True, text=True, env=env, check=False)
    missing = ("go", "gcc", "g++")[len(there)]
    assert (done.returncode, done.stderr) == (
        2,
        f"test-ollama: {missing} is missing, and there is no ollama on the PATH\n",
    )
