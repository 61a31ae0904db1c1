"""The command line, called in this process: what it answers, what it says on the side, how it exits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apr_qa.cli.main import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How one command ended."""

    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """Return what `--json` printed."""
        return json.loads(self.out)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Return what runs a command line in this process."""

    def command(*argv: str) -> Told:
        status = run(argv)
        out, err = capsys.readouterr()
        assert "Traceback" not in err, err
        return Told(status=status, out=out, err=err)

    return command
