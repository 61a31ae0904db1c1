"""The command line answers at once: heavy libraries are imported only by the commands that need them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "scipy",
    "pydantic",
    "yaml",
    "jinja2",
    "huggingface_hub",
    "requests",
    "tokenizers",
    "github",
    "psutil",
)


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["certify", "--help"]])
def test_help_imports_nothing_heavy(argv: list[str]) -> None:
    """Asking for help loads the commands' names and options, and no library that only work needs."""
    program = f"""import sys
from apr_qa.cli.main import run
code = run({argv!r})
print(",".join(sys.modules))
sys.exit(code)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split(","))
    assert [name for name in HEAVY if name in loaded] == []
