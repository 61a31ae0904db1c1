"""Runs that end in the middle: stopped, killed, out of disk. Nothing stays behind, and the same command goes on."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from apr_scripts import apr
from certifying_runs import Certification, certify, copied, started

from apr_qa.evidence.read import read_evidence

LIMIT_S = 120
WORDS = ("tiny", "smoke", "--workers", "1", "--timeout", "60000")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, answers: Path) -> Certification:
    """Return the same certification when nobody disturbs it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return certify(*WORDS, "--engine", apr(folder, answers=answers), output=folder / "out")


@pytest.fixture
def gated(tmp_path: Path, answers: Path, ear: SimpleNamespace) -> Iterator[str]:
    """A healthy engine that stops dead at its fifth question until the file `go` is there."""
    waits = f"os.path.getsize({str(ear.log)!r}) > 4 and not os.path.exists({str(tmp_path / 'go')!r})"
    body = f"{ear.tell}\nwhile {waits}: time.sleep(0.02)\nhealthy()"
    yield apr(tmp_path / "bin", body, answers=answers)
    (tmp_path / "go").touch()


def _wait_until_asked(folder: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the engine is at its fifth question."""
    deadline = time.monotonic() + LIMIT_S
    while not (folder / "heard").exists() or (folder / "heard").stat().st_size < 5:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _living(needle: str) -> list[list[str]]:
    found = []
    for process in psutil.process_iter():
        try:
            if needle in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.cmdline())
        except psutil.Error:
            continue
    return found


def _verdicts(evidence: Path) -> dict[str, str]:
    return {j.claim.id: j.verdict.outcome.value for j in read_evidence(evidence).judged}


def _goes_on(folder: Path, engine: str, undisturbed: Certification) -> None:
    """Assert that the same command finishes the run, with the verdicts of a run that nobody stopped."""
    before = (folder / "heard").read_text()
    (folder / "go").touch()
    done = certify(*WORDS, "--engine", engine, output=folder / "out")
    assert done.status == 0, done.lost
    assert _verdicts(done.evidence) == _verdicts(undisturbed.evidence)
    total = sum(1 for s in read_evidence(undisturbed.evidence).run.scenarios if not s.engine)
    asked_again = len((folder / "heard").read_text()) - len(before)
    assert asked_again <= total - 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_stopped_run_ends_cleanly_and_goes_on(
    number: signal.Signals, tmp_path: Path, gated: str, undisturbed: Certification
) -> None:
    """Exit status 130, one sentence how to go on, no engine left; the same command comes to the same verdicts."""
    process = started(*WORDS, "--engine", gated, output=tmp_path / "out")
    _wait_until_asked(tmp_path, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    assert "The same command goes on from here" in said
    assert "Traceback" not in said
    assert not _living(str(tmp_path))
    _goes_on(tmp_path, gated, undisturbed)


def test_a_killed_run_goes_on(tmp_path: Path, gated: str, undisturbed: Certification) -> None:
    """SIGKILL leaves no time for anything; what was judged is in the journal all the same."""
    process = started(*WORDS, "--engine", gated, output=tmp_path / "out")
    _wait_until_asked(tmp_path, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=LIMIT_S)
    _goes_on(tmp_path, gated, undisturbed)


def test_two_runs_do_not_write_one_journal(tmp_path: Path, gated: str) -> None:
    """The second is refused at once, with exit status 2, while the first goes on."""
    process = started(*WORDS, "--engine", gated, output=tmp_path / "out")
    _wait_until_asked(tmp_path, process)
    second = certify(*WORDS, "--engine", gated, output=tmp_path / "out")
    assert process.poll() is None, process.communicate()
    assert second.status == 2
    assert "another run is writing this journal" in second.said
    (tmp_path / "go").touch()
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0


def test_a_full_disk_is_no_verdict_and_the_run_goes_on(tmp_path: Path, gated: str, undisturbed: Certification) -> None:
    """Exit status 3 with the remedy; when there is room again, the same command finishes the run."""
    room = (undisturbed.evidence.parent / "journal.jsonl").stat().st_size * 3 // 4
    process = started(
        *WORDS,
        "--engine",
        gated,
        output=tmp_path / "out",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    (tmp_path / "go").touch()
    _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 3, said
    assert "cannot be written" in said
    assert "Free space" in said
    assert "Traceback" not in said
    assert not _living(str(tmp_path))
    done = certify(*WORDS, "--engine", gated, output=tmp_path / "out")
    assert done.status == 0, done.lost
    assert _verdicts(done.evidence) == _verdicts(undisturbed.evidence)


def test_a_folder_that_cannot_be_written_is_ours_to_tell(tmp_path: Path, gated: str) -> None:
    """Before anything is asked: exit status 3, the path and the remedy."""
    (tmp_path / "go").touch()
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = certify(*WORDS, "--engine", gated, output=tmp_path / "file" / "out")
    assert done.status == 3
    assert str(tmp_path / "file") in done.said
    assert "Choose another --output" in done.said
    assert not (tmp_path / "heard").exists()


def test_a_changed_model_is_another_run(tmp_path: Path, answers: Path) -> None:
    """The same command on other bytes does not take over what was judged of the first."""
    model, engine = copied(tmp_path, "safetensors"), apr(tmp_path / "bin", answers=answers)
    first = certify(str(model), "smoke", "--engine", engine, output=tmp_path / "out")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "use_cache": False}))
    second = certify(str(model), "smoke", "--engine", engine, output=tmp_path / "out")
    assert first.evidence.parent != second.evidence.parent
