"""Programs are ended and reaped whatever they do, and what was seen of them is told as it was."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from script_engines import left_behind

from apr_qa.run.process import Child, run
from apr_qa.run.seen import Seen
from apr_qa.vocab.command import Command, Completed, Stopped

LIMIT_S = 1.0
SLOWEST = 6
"""Everything must be over within this many times the limit, on a busy machine."""


def python(code: str, workdir: Path, **more: object) -> Completed:
    argv = (sys.executable, "-I", "-S", "-c", code)
    completed = run(Command(argv=argv, **more), workdir=workdir)  # type: ignore[arg-type]
    assert not left_behind(str(workdir))
    return completed


def test_what_a_program_prints_and_returns_is_seen(tmp_path: Path) -> None:
    """Both streams, exit status and standard input arrive unchanged, NUL and invalid UTF-8 included."""
    code = (
        "import sys; sys.stdout.buffer.write(b'\\xff\\0' + sys.stdin.buffer.read()); sys.stderr.write('e'); sys.exit(7)"
    )
    seen = python(code, tmp_path, stdin=b"x" * 300_000)
    assert (seen.exit_status, seen.signal, seen.stopped) == (7, None, None)
    assert seen.stdout == b"\xff\0" + b"x" * 300_000
    assert seen.stderr == b"e"


def test_a_crash_is_a_signal(tmp_path: Path) -> None:
    """A program that kills itself shows the signal, not an exit status, and we did not stop it."""
    seen = python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)
    assert (seen.exit_status, seen.signal, seen.stopped) == (None, signal.SIGSEGV, None)


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(600)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
        "import os, time; os.close(1); os.close(2); time.sleep(600)",
        "import os, time; os.fork(); os.fork(); time.sleep(600)",
        "import os, time; os.fork() or (os.setsid(), os.fork()); time.sleep(600)",
        "import os, time\nfor _ in range(6): os.fork() or os.setsid()\ntime.sleep(600)",
    ],
    ids=["hangs", "ignores SIGTERM", "closes its output and lives", "forks", "leaves its group", "multiplies"],
)
def test_a_hang_ends_at_the_limit(code: str, tmp_path: Path) -> None:
    """Whatever hangs is ended soon after its limit, with everything it started."""
    began = time.monotonic()
    seen = python(code, tmp_path, timeout_s=LIMIT_S)
    assert seen.stopped is Stopped.TIMEOUT
    assert LIMIT_S <= time.monotonic() - began < LIMIT_S * SLOWEST


HOLDS_THE_PIPE = """
import os, time
if os.fork():
    print("said", flush=True)
    os._exit(0)
time.sleep(600)
"""
DAEMON = """
import os, time
print("said", flush=True)
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(600)
"""
UNMARKED_DAEMON = DAEMON.replace("time.sleep(600)", "os.execve('/bin/sleep', ['sleep', '600'], {})")


@pytest.mark.parametrize("code", [HOLDS_THE_PIPE, DAEMON, UNMARKED_DAEMON], ids=["pipe", "daemon", "unmarked daemon"])
def test_what_is_left_behind_is_ended(code: str, tmp_path: Path) -> None:
    """A program that ends at once is not waited for because of its children; these are ended and noted."""
    before = set(psutil.Process().children(recursive=True))
    began = time.monotonic()
    seen = python(code, tmp_path)
    assert (seen.exit_status, seen.stopped) == (0, None)
    assert b"said" in seen.stdout
    assert "left behind" in seen.note
    assert time.monotonic() - began < 30
    assert set(psutil.Process().children(recursive=True)) <= before


def test_endless_output_is_cut(tmp_path: Path) -> None:
    """A program that prints without end is ended at its limit; the head and the tail of the output are kept."""
    code = "import sys\nprint('first')\nwhile True: sys.stdout.write('y' * 65536)"
    seen = python(code, tmp_path, output_limit_bytes=1 << 20)
    assert seen.stopped is Stopped.OUTPUT_LIMIT
    assert len(seen.stdout) == 1 << 20
    assert seen.stdout.startswith(b"first")
    assert "dropped" in seen.note


def test_much_output_within_the_limit_is_whole(tmp_path: Path) -> None:
    """Both pipes are read at once, so that a program that fills both never blocks."""
    code = "import sys\nfor _ in range(100): sys.stdout.write('o' * 50000); sys.stderr.write('e' * 50000)"
    seen = python(code, tmp_path)
    assert (len(seen.stdout), len(seen.stderr), seen.exit_status) == (5_000_000, 5_000_000, 0)


@pytest.mark.parametrize("program", ["/no/such/program", "plain.txt"])
def test_what_cannot_start_is_no_crash(program: str, tmp_path: Path) -> None:
    """A missing or not executable program is `not started`, with the reason: not the model's fault."""
    (tmp_path / "plain.txt").write_text("no program", encoding="utf-8")
    seen = run(Command(argv=(str(tmp_path / program),)), workdir=tmp_path)
    assert (seen.stopped, seen.exit_status, seen.signal) == (Stopped.NOT_STARTED, None, None)
    assert program in seen.note


def test_nothing_of_ours_is_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets of our environment are not handed on; the command's own variables are; HOME is the working folder."""
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    seen = python("import os; print(dict(os.environ), os.getcwd())", tmp_path, env={"MINE": "1"})
    assert b"secret" not in seen.stdout
    assert b"'MINE': '1'" in seen.stdout
    assert seen.stdout.count(str(tmp_path).encode()) >= 3


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit")
def test_limits_hold(tmp_path: Path) -> None:
    """A program cannot write a larger file than allowed, nor take more memory, nor leave a core file."""
    code = "import time; time.sleep(0.2); open('big', 'wb').write(bytes(3 << 20))"
    assert python(code, tmp_path, file_limit_bytes=1 << 20).exit_status == 1
    assert (tmp_path / "big").stat().st_size <= 1 << 20
    assert (
        python("import time; time.sleep(0.2); x = bytearray(2 << 30)", tmp_path, memory_limit_bytes=1 << 29).exit_status
        == 1
    )
    assert python("import resource; print(resource.getrlimit(resource.RLIMIT_CORE))", tmp_path).exit_status == 0


def test_cancelling_ends_it(tmp_path: Path) -> None:
    """A program is ended as soon as the run is stopped."""
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    seen = run(Command(argv=(sys.executable, "-c", "import time; time.sleep(600)")), workdir=tmp_path, cancel=cancel)
    assert seen.stopped is Stopped.CANCELLED


def test_peak_memory_is_its_own(tmp_path: Path) -> None:
    """The peak is the program's: a small program does not inherit ours, a large one shows."""
    large = python("x = bytearray(300 << 20); import time; time.sleep(0.4)", tmp_path)
    small = python("import time; time.sleep(0.4)", tmp_path)
    assert large.peak_rss_bytes is not None
    assert large.peak_rss_bytes > 300 << 20
    assert small.peak_rss_bytes is not None
    assert small.peak_rss_bytes < 100 << 20


def test_talking_to_a_program(tmp_path: Path) -> None:
    """What is written is answered; a mark forgets the answer before; the end is seen."""
    echo = Command(argv=(sys.executable, "-u", "-c", "import sys\nfor line in sys.stdin: print('said', line.strip())"))
    with Child(echo, workdir=tmp_path, talks=True) as child:
        for word in (b"one", b"two"):
            child.mark()
            assert child.write(word + b"\n", limit_s=20) is Seen.ACCEPTED
            assert child.wait(lambda printed: printed.endswith(b"\n"), limit_s=20) is Seen.ACCEPTED
            assert child.stdout.all() == b"said " + word + b"\n"
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait(lambda _printed: False, limit_s=20) is Seen.ENDED
        assert child.close().signal == signal.SIGKILL


def test_a_program_that_does_not_read_does_not_block_us(tmp_path: Path) -> None:
    """Writing more than a pipe holds to a program that never reads ends at the limit."""
    with Child(
        Command(argv=(sys.executable, "-c", "import time; time.sleep(600)")), workdir=tmp_path, talks=True
    ) as child:
        assert child.write(b"x" * (1 << 20), limit_s=0.5) is Seen.TIMEOUT
