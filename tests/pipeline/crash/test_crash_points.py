"""Commands stopped at random points come to the undisturbed result when given again; a sample of `make crash`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from crashing import KINDS, Undisturbed
from material import Material
from tracing import IS_POSSIBLE, Fault, Kind

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason="the tracer knows Linux on x86-64 only")
SEED = 20260102
POINTS = 2 * len(KINDS)


@pytest.fixture(autouse=True)
def _real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that stands still ends with the test."""
    from apr_qa.pipeline import ready

    monkeypatch.setattr(ready, "datetime", ready.datetime)


@pytest.mark.parametrize("name", ["run", "publish", "tickets"])
def test_a_stopped_command_given_again_comes_to_the_same(name: str, made: Material, tmp_path: Path) -> None:
    """SIGKILL, power cut, full disk and I/O error: evidence, reports and registry are the same bytes in the end."""
    work, folder = made.works(tmp_path)[name]
    undisturbed = Undisturbed(work, folder)
    assert undisturbed.result
    chance = random.Random(SEED)
    trials = [undisturbed.trial(fault, chance) for fault in undisturbed.points(POINTS, chance)]
    assert [trial for trial in trials if trial.problem] == []
    assert any(trial.first for trial in trials)


def _sloppy(folder: Path) -> None:
    """As a careless program writes: in place, unsynced, and taking for done what is there."""
    path = folder / "record.json"
    if not path.exists():
        with path.open("w") as stream:
            for number in range(20):
                stream.write(f"line {number}\n")
                stream.flush()


@pytest.mark.parametrize("kind", KINDS)
def test_a_careless_program_is_found_out(kind: Kind, tmp_path: Path) -> None:
    """Each kind of fault finds a program that writes in place, somewhere among its points."""
    folder = tmp_path / "sloppy"
    folder.mkdir()
    undisturbed = Undisturbed(_sloppy, folder)
    assert undisturbed.changes == 21
    chance = random.Random(SEED)
    trials = [undisturbed.trial(Fault(kind, at), chance) for at in range(1, undisturbed.changes + 1)]
    assert any(trial.problem for trial in trials)
