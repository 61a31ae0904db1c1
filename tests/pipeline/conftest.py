"""Makes the helpers of this folder importable, and certifies the tiny model once for all who look at the result."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from certifying_runs import Certification, certify, recorded_answers  # (after the path is set)


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certification:
    """The tiny model, certified for real at tier smoke by the reference engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return certify("tiny", "smoke", "--engine", "reference", output=tmp_path_factory.mktemp("certified"))


@pytest.fixture(scope="session")
def answers(certified: Certification, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a healthy engine says to each question, for the scripts that stand in for `apr`."""
    path = tmp_path_factory.mktemp("answers") / "answers.json"
    recorded_answers(certified.evidence, path)
    return path
