"""Runs the command line as a user does, in this process."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apr_qa.cli.main import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer of `--json`."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`tell("score", path)` is `apr-qa score path`."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: object) -> Said:
        """Run the command and return what it said."""
        self.capsys.readouterr()
        status = run([os.fspath(word) if isinstance(word, Path) else str(word) for word in words])
        caught = self.capsys.readouterr()
        return Said(status=status, out=caught.out, err=caught.err)
