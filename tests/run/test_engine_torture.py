"""Engines that misbehave in one-shot runs: each ends as it should, in time, and leaves nothing behind."""

from __future__ import annotations

import socket
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from script_engines import ask, asked, engine, script

from apr_qa.run.fence import Fence
from apr_qa.run.isolation import fence
from apr_qa.vocab.command import Completed
from apr_qa.vocab.engines import OneShot
from apr_qa.vocab.observation import Ending, Failing, Reply

RUN = """
import os, signal, sys, time
prompt = sys.argv[2]
BAD
print("answer to " + prompt)
"""
LIMIT_S = 1.5
SLOWEST = 8


def test_a_good_engine_answers(tmp_path: Path) -> None:
    """A cold one-shot question is answered, with all that is needed to ask it again."""
    program = script(tmp_path, RUN)
    seen = asked(tmp_path, [ask("one 'two'")], program)["one 'two'"]
    assert (seen.reply.ending, seen.reply.text) == (Ending.ANSWERED, "answer to one 'two'")
    assert (seen.cold, seen.attempts, seen.first_ending, seen.exit_status) == (True, 1, None, 0)
    assert seen.argv[-2:] == ("run", "one 'two'")
    assert seen.reproduce.endswith("""run 'one '"'"'two'"'"''""")
    assert seen.elapsed_s > 0
    assert seen.unit == "unit-run-one 'two'"


@pytest.mark.parametrize(
    ("bad", "ending"),
    [
        ("time.sleep(600)", Ending.TIMEOUT),
        ("print('answer', end='', flush=True); time.sleep(600)", Ending.TIMEOUT),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)", Ending.TIMEOUT),
        ("os.close(1); os.close(2); time.sleep(600)", Ending.TIMEOUT),
        ("os.kill(os.getpid(), signal.SIGSEGV)", Ending.CRASHED),
        ("os.abort()", Ending.CRASHED),
        ("sys.exit(101)", Ending.CRASHED),
        ("print('error: no such tensor', file=sys.stderr); sys.exit(5)", Ending.FAILED),
        ("while True: print('x' * 10000)", Ending.FAILED),
        (
            "open(os.environ['TMPDIR'] + '/junk', 'wb').write(bytes(1 << 20)); os.mkdir('d'); os.chmod('d', 0)",
            Ending.ANSWERED,
        ),
        ("os.fork() or (os.setsid(), os.fork() and os._exit(0), time.sleep(600))", Ending.ANSWERED),
        ("sys.stdout.buffer.write(b'\\xff\\xfe\\0'); sys.stdout.flush()", Ending.ANSWERED),
    ],
    ids=[
        "hangs before the first token",
        "hangs after the first token",
        "ignores SIGTERM",
        "closes its output and lives",
        "segmentation fault",
        "abort",
        "panic",
        "exit status",
        "endless output",
        "leaves files",
        "leaves a daemon",
        "invalid UTF-8 and NUL",
    ],
)
def test_misbehaviour_ends_as_it_should(bad: str, ending: Ending, tmp_path: Path) -> None:
    """The ending is what the system saw; it comes within the limit (twice for a crash) times a small factor."""
    program = script(tmp_path, RUN, bad=bad)
    limit_s = LIMIT_S if ending is Ending.TIMEOUT else 20.0
    began = time.monotonic()
    seen = asked(tmp_path, [ask("hello", timeout_s=limit_s)], program)["hello"]
    assert time.monotonic() - began < limit_s * SLOWEST
    assert seen.reply.ending is ending
    assert seen.attempts == (2 if ending is Ending.CRASHED else 1)
    assert seen.first_ending is (Ending.CRASHED if ending is Ending.CRASHED else None)
    assert (seen.reply.text is not None) is (ending is Ending.ANSWERED)


def test_a_crash_that_does_not_repeat(tmp_path: Path, ear: SimpleNamespace) -> None:
    """A crash is retried once; the answer counts, and that it crashed before is told."""
    bad = f"if not os.path.exists({str(ear.log)!r}):\n" + textwrap.indent(f"{ear.tell}\nos.abort()", "    ")
    seen = asked(tmp_path, [ask("hello")], script(tmp_path, RUN, bad=bad))["hello"]
    assert (seen.reply.ending, seen.attempts, seen.first_ending) == (Ending.ANSWERED, 2, Ending.CRASHED)
    assert "SIGABRT" in seen.note


def test_no_network(tmp_path: Path) -> None:
    """Where the system allows it, a one-shot engine reaches nothing, not even this machine's loopback."""
    if fence() is not Fence.NAMESPACES:
        pytest.skip("this system gives no network namespace")
    bad = "import socket; socket.create_connection(('127.0.0.1', int(prompt)), timeout=5)"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        seen = asked(tmp_path, [ask(port)], script(tmp_path, RUN, bad=bad))[port]
    assert seen.reply.ending is Ending.FAILED
    assert "Connection refused" in seen.stderr_tail


def test_a_missing_program_is_not_the_models_fault(tmp_path: Path) -> None:
    """An engine that is gone, and a bug in an adapter, leave the question unjudged."""
    assert asked(tmp_path, [ask("a")], ("/no/such/engine",))["a"].reply.ending is Ending.UNSTARTED

    def broken(_scenario: object, _seen: Completed) -> Reply:
        raise KeyError("text")

    made = engine()
    assert made.one_shot
    buggy = replace(made, one_shot=OneShot(command=made.one_shot.command, read=broken))
    seen = asked(tmp_path, [ask("a")], script(tmp_path, RUN), made=buggy)["a"]
    assert seen.reply.ending is Ending.UNSTARTED
    assert "bug" in seen.reply.message


def test_what_an_engine_refuses_is_not_asked(tmp_path: Path) -> None:
    """A question that the engine cannot be asked word for word is unjudged; the others are asked."""
    made = replace(engine(), refuses=lambda scenario: "no roses" if scenario.prompt == "rose" else "")
    seen = asked(tmp_path, [ask("rose"), ask("tulip")], script(tmp_path, RUN), made=made)
    assert seen["rose"].reply.ending is Ending.UNSTARTED
    assert "no roses" in seen["rose"].reply.message
    assert seen["tulip"].reply.ending is Ending.ANSWERED


def test_long_texts_are_cut(tmp_path: Path) -> None:
    """Answers and error output are kept up to a limit, and the cut is told."""
    bad = "prompt = prompt * 100_000; sys.stderr.write('e' * 10_000 + 'end')"
    seen = asked(tmp_path, [ask("x")], script(tmp_path, RUN, bad=bad))["x"]
    assert len(seen.reply.text or "") == 64 << 10
    assert "cut" in seen.note
    assert len(seen.stderr_tail) == 4 << 10
    assert seen.stderr_tail.endswith("end")
    assert seen.reply.failing is not Failing.LOAD
