"""Programs in place of `apr` that do not do its work: each is blocked, in bounded time, and leaves nothing behind."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from apr_scripts import apr
from certifying_runs import NARROW, certify

SLOWEST_S = 60
"""Far above what any of them takes: a bound, not a measurement."""
FLUENT = "The window of the idea was green because tomorrow is a table."

BAD = {
    "prints a banner only": "print('apr 0.72.3\\nLoading model...\\nReady.')",
    "fluent nonsense": f"answer({FLUENT!r})",
    "always four": "answer('4')",
    "empty answers": "answer('')",
    "one letter": "answer('H' * 200)",
    "echoes the prompt": "answer(prompt())",
    "hangs": "time.sleep(600)",
    "ignores SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    "prints 100 MB": "[sys.stdout.write('word ' * 200_000) for _ in range(100)]",
    "invalid UTF-8": "sys.stdout.buffer.write(b'\\xff\\xfe' * 100)",
    "invalid UTF-8 in its JSON": 'sys.stdout.buffer.write(b\'{"status": "ok", "text": "\\xff\\xfe", "tokens": [1]}\')',
    "leaves a child": "subprocess.Popen(['sleep', '600'], start_new_session=True); answer('4')",
    "exits 0 with an error": "print('error: inference failed: tensor not found'); sys.exit(0)",
    "says ok without tokens": "print(json.dumps({'status': 'ok', 'text': '4'}))",
    "crashes each time": "os.kill(os.getpid(), signal.SIGSEGV)",
    "panics each time": "print(\"thread 'main' panicked at a.rs:1:1:\\nno tensor\", file=sys.stderr); sys.exit(101)",
    "cannot load": "print('error: invalid model file', file=sys.stderr); sys.exit(4)",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_a_bad_engine_is_blocked(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway fell, the score is 0, the exit status 1; no process and no temporary file is left."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    began = time.monotonic()
    engine = apr(tmp_path / "bin", body)
    done = certify("tiny", "smoke", "--engine", engine, "--timeout", "1000", output=tmp_path / "out")
    assert time.monotonic() - began < SLOWEST_S
    assert (done.status, done.answer["status"], done.answer["mqs_score"]) == (1, "BLOCKED", 0)
    assert "fell" in done.answer["gateways"].values()
    assert list(scratch.iterdir()) == []
    assert not _left(str(tmp_path))


def _left(needle: str) -> list[str]:
    """Return the living processes that name `needle` in their command line, folder or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            shown = json.dumps([process.cmdline(), process.cwd(), list(process.environ().values())])
            if needle in shown and process.status() != psutil.STATUS_ZOMBIE and process.pid != psutil.Process().pid:
                found.append(shown)
        except psutil.Error:
            continue
    return found


def test_a_healthy_program_in_its_place_passes(tmp_path: Path, answers: Path) -> None:
    """The harness itself blocks nobody: with the right answers the same kind of script passes."""
    engine = apr(tmp_path, answers=answers)
    done = certify("tiny", "smoke", "--engine", engine, "--timeout", "20000", output=tmp_path / "out")
    assert (done.status, done.lost) == (0, {})


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("apr 0.40.0", "too old"),
        ("apr 1.2.3.4", "not the apr of aprender"),
        ("Advanced Package Remover 2", "not the apr of aprender"),
        ("", "not the apr of aprender"),
    ],
)
def test_another_apr_is_one_clear_error_at_once(version: str, words: str, tmp_path: Path) -> None:
    """An engine that cannot be driven is never put on trial: exit status 2, a remedy, nothing written."""
    done = certify("tiny", "smoke", "--engine", apr(tmp_path / "bin", version=version), output=tmp_path / "out")
    assert done.status == 2
    assert words in done.said
    assert "cargo install apr-cli" in done.said
    assert not (tmp_path / "out").exists()


def test_a_missing_apr_is_named_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--engine apr` without one on the PATH exits with 2; `auto` then puts the embedded engines on trial."""
    monkeypatch.setenv("PATH", str(tmp_path))
    done = certify("tiny", "smoke", "--engine", "apr", output=tmp_path / "out")
    assert done.status == 2
    assert "no `apr` on the PATH" in done.said
    assert "cargo install apr-cli" in done.said
    dry = certify("tiny", "smoke", "--dry-run", output=tmp_path / "out", more=NARROW)
    assert dry.status == 0


def test_an_apr_that_is_not_executable_is_told_how_to_be(tmp_path: Path) -> None:
    """The remedy is the command that makes it so."""
    engine = apr(tmp_path)
    Path(engine.partition("=")[2]).chmod(0o644)
    done = certify("tiny", "smoke", "--engine", engine, output=tmp_path / "out")
    assert done.status == 2
    assert "chmod +x" in done.said
