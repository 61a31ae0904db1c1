"""Small rules of the run stage: policies, the guard of the model's files, facts of the machine, command lines."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apr_qa.run.guard import changed, snapshot
from apr_qa.run.http import Door
from apr_qa.run.machine import machine
from apr_qa.run.policy import should_stop
from apr_qa.run.reproduce import command_line, request_line
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import FailurePolicy, Severity
from apr_qa.vocab.command import Command, HttpRequest
from apr_qa.vocab.verdict import Outcome


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("severity", list(Severity))
def test_when_a_run_stops(severity: Severity, outcome: Outcome) -> None:
    """Only what was tested and lost stops a run; stop-on-p0 stops at P0 only; collect-all never stops."""
    lost = outcome in (Outcome.FALSIFIED, Outcome.TIMEOUT, Outcome.CRASHED)
    stops = {policy: bool(should_stop(policy, severity, outcome)) for policy in FailurePolicy}
    assert stops == {
        FailurePolicy.COLLECT_ALL: False,
        FailurePolicy.STOP_ON_P0: lost and severity is Severity.P0,
        FailurePolicy.STOP_ON_FIRST: lost,
        FailurePolicy.FAIL_FAST: lost,
    }


def test_changed_model_files_are_named(tmp_path: Path) -> None:
    """Changed, removed and added files are named, also when the time of change was set back; a touched one is not."""
    for name in ("same", "touched", "rewritten", "removed"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.iterdir()}
    before = snapshot(ModelFiles(model="m", root=tmp_path, digests=digests))
    assert changed(before) == ()
    stat = (tmp_path / "rewritten").stat()
    (tmp_path / "rewritten").write_text("REWRITTEN", encoding="utf-8")
    os.utime(tmp_path / "rewritten", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (tmp_path / "touched").touch()
    (tmp_path / "removed").unlink()
    (tmp_path / "added").touch()
    assert changed(before) == ("added is new", "removed is gone", "rewritten has other contents")


def test_facts_of_the_machine_name_nobody() -> None:
    """The machine's facts are filled and hold neither host nor user names nor paths."""
    facts = machine()
    assert facts.cores > 0
    assert facts.memory_bytes > 0
    assert "process group" in facts.isolation
    assert any(held.startswith("network:") for held in facts.isolation)
    assert str(Path.home()) not in repr(facts)
    assert os.uname().nodename not in (facts.cpu, facts.os, facts.gpu)


@pytest.mark.parametrize("fed", [b"a'b\\n\n\xff\0$x", b"plain"])
def test_a_command_line_does_the_same_again(fed: bytes) -> None:
    """The line given to a shell feeds the very same bytes, and sets the variables."""
    code = "import os, sys; print(sys.stdin.buffer.read(), sys.argv[1], os.environ['V'])"
    command = Command(argv=(sys.executable, "-c", code, "it's $1"), stdin=fed, env={"V": "a b", "HOME": "/gone"})
    line = command_line(command)
    assert "/gone" not in line
    seen = subprocess.run(["/bin/bash", "-c", line], capture_output=True, check=True, text=True)
    assert seen.stdout == f"{fed!r} it's $1 a b\n"


def test_a_request_line_keeps_the_key_to_itself() -> None:
    """The curl line holds body and headers, but never the value of an Authorization header."""
    request = HttpRequest(method="POST", path="/v1", body=b"{'a'}", headers={"Authorization": "Bearer s3cret"})
    line = request_line("http://127.0.0.1:1", request)
    assert "s3cret" not in line
    assert line.endswith("""--data-binary '{'"'"'a'"'"'}' http://127.0.0.1:1/v1""")


def test_the_http_door_is_for_loopback() -> None:
    """A server of ours is on loopback; other hosts only for engines declared remote."""
    with pytest.raises(ValueError, match="loopback"):
        Door("http://example.com:80")
    assert Door("http://example.com:80", remote=True).port == 80


def test_what_the_run_itself_writes_is_not_the_engines(tmp_path):
    """Evidence below the model's folder is ours; a file beside it is not, nor is a folder that is the whole model's."""
    (tmp_path / "model.apr").write_text("weights")
    own = tmp_path / "certifications" / "run"
    own.mkdir(parents=True)
    (own / "journal.jsonl").write_text("one")
    files = ModelFiles(model="m", root=tmp_path)
    with_own, without, all_ours = snapshot(files, own), snapshot(files), snapshot(files, tmp_path)
    (own / "journal.jsonl").write_text("one and two")
    assert changed(with_own) == ()
    assert changed(without) == changed(all_ours) == ("certifications/run/journal.jsonl has other contents",)
    (own.parent / "left").touch()
    assert changed(with_own) == ("certifications/left is new",)
