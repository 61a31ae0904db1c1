"""What the tests of oracles share: asking one oracle about one answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import apr_qa.oracles
from apr_qa.oracles import expectation, verdict_on
from apr_qa.rooms import furnish
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.verdict import Outcome, Verdict

sys.path.insert(0, str(Path(__file__).parent))  # the makers of answers are modules of this folder

ROOM = furnish(apr_qa.oracles.__name__, Oracle)
Ask = Callable[..., Verdict]


@pytest.fixture
def room() -> tuple[Oracle, ...]:
    """All oracles."""
    return ROOM


@pytest.fixture
def ask() -> Ask:
    """Return the verdict of a named oracle on an answer to a prompt."""

    def asked(name: str, prompt: str, answer: str, config: Mapping[str, Any] | None = None) -> Verdict:
        spec = expectation(OracleSpec(name=name, config=config or {}), prompt, ROOM)
        assert spec is not None, f"{name} does not apply to {prompt!r}"
        return verdict_on(answer, spec, ROOM)

    return asked


@pytest.fixture
def holds(ask: Ask) -> Callable[..., bool]:
    """Say whether a named oracle corroborates an answer to a prompt."""
    return lambda *args, **kwargs: ask(*args, **kwargs).outcome is Outcome.CORROBORATED
