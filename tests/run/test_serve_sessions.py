"""Servers that are asked over HTTP."""

from __future__ import annotations

import http.server
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from script_engines import SERVE, ask, asked, script

from apr_qa.run.fence import Fence
from apr_qa.run.isolation import fence
from apr_qa.run.process import Child
from apr_qa.run.seen import Seen
from apr_qa.run.serving import is_ours
from apr_qa.vocab.axes import Modality
from apr_qa.vocab.command import Command
from apr_qa.vocab.observation import Ending, Failing

PROMPTS = [f"p{n}" for n in range(5)]


def requests(**more: object) -> list:
    return [ask(p, Modality.SERVE, **more) for p in PROMPTS]


@pytest.mark.parametrize("workers", [1, 4])
def test_one_server_answers_all(workers: int, tmp_path: Path) -> None:
    """All requests of a cell go to one server, several at once when there are workers."""
    seen = asked(tmp_path, requests(), script(tmp_path, SERVE), workers=workers)
    assert [o.reply.text for o in seen.values()] == [f"answer to {p}" for p in PROMPTS]
    assert len({o.session for o in seen.values()}) == 1
    assert "curl" in seen["p0"].reproduce


def test_requests_overlap_only_with_workers(tmp_path: Path) -> None:
    """One worker asks one question at a time; more workers ask several at once."""
    bad = """
    box = globals().setdefault("box", [0])
    box[0] += 1
    time.sleep(0.3)
    handler.say(200, str(box[0]).encode())
    box[0] -= 1
    raise SystemExit
    """
    alone = asked(tmp_path, requests(), script(tmp_path, SERVE, bad=bad))
    assert {o.reply.text for o in alone.values()} == {"1"}
    together = asked(tmp_path, requests(), script(tmp_path, SERVE, bad=bad), workers=5)
    assert max(int(o.reply.text or 0) for o in together.values()) > 1


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    ("bad", "ending"),
    [
        ("if prompt == 'p1': os.abort()", Ending.CRASHED),
        ("if prompt == 'p1': os._exit(101)", Ending.CRASHED),
        ("if prompt == 'p1': time.sleep(600)", Ending.TIMEOUT),
        ("if prompt == 'p1': handler.say(500, b'oops')", Ending.FAILED),
        (
            "if prompt == 'p1': handler.wfile.write(b'none\\r\\n\\r\\n'); handler.connection.close()",
            Ending.FAILED,
        ),
        ("if prompt == 'p1': handler.say(200, b'x' * (9 << 20))", Ending.FAILED),
        ("while prompt == 'p1': handler.wfile.write(b'H'); handler.wfile.flush(); time.sleep(0.2)", Ending.TIMEOUT),
        ("while prompt == 'p1': print('x' * 100000)", Ending.FAILED),
    ],
    ids=["crash", "panic", "hang", "error", "no HTTP", "huge", "drips", "floods"],
)
def test_who_breaks_a_server_harms_itself_alone(bad: str, ending: Ending, workers: int, tmp_path: Path) -> None:
    """A request that kills or hangs the server is charged with it; the others are answered."""
    seen = asked(
        tmp_path,
        requests(timeout_s=4.0 if ending is Ending.TIMEOUT else 20.0),
        script(tmp_path, SERVE, bad=bad),
        workers=workers,
    )
    got = {p: o.reply.ending for p, o in seen.items()}
    if "while prompt == 'p1': print" in bad:  # whoever is in flight loses the connection too
        assert got["p1"] is ending
        assert Ending.ANSWERED in got.values()
        return
    assert got == {p: ending if p == "p1" else Ending.ANSWERED for p in PROMPTS}
    assert {p for p, o in seen.items() if o.first_ending} == ({"p1"} if ending is Ending.CRASHED else set())


ELSEWHERE = SERVE.replace("BAD", "pass").replace("server.server_port", "1")


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (ELSEWHERE, Ending.TIMEOUT),
        ("import time; time.sleep(600)", Ending.TIMEOUT),
        ("import sys; print('error: bad magic', file=sys.stderr); sys.exit(6)", Ending.FAILED),
        ("import os; os.abort()", Ending.CRASHED),
    ],
    ids=["listens elsewhere", "never listens", "exits", "crashes"],
)
def test_a_server_that_does_not_come_up(text: str, ending: Ending, tmp_path: Path) -> None:
    """A server that is not healthy in time, or ends before, is a failure to load, within the limit."""
    limit_s = 1.0 if ending is Ending.TIMEOUT else 20.0
    began = time.monotonic()
    seen = asked(tmp_path, requests(timeout_s=limit_s), script(tmp_path, text))
    assert {o.reply.ending for o in seen.values()} == {ending}
    assert {o.reply.failing for o in seen.values()} <= {Failing.LOAD, Failing.UNKNOWN}
    assert time.monotonic() - began < limit_s * 15


def test_a_server_that_dies_between_health_and_request(tmp_path: Path) -> None:
    """A server that is healthy and then gone crashed: asked again once, charged with it."""
    text = SERVE.replace('self.say(200, b"healthy")', 'self.say(200, b"healthy"); self.wfile.flush(); os.abort()')
    seen = asked(tmp_path, [ask("x", Modality.SERVE)], script(tmp_path, text))["x"]
    assert (seen.reply.ending, seen.attempts, seen.first_ending) == (Ending.CRASHED, 2, Ending.CRASHED)


def test_a_server_that_closes_idle_connections(tmp_path: Path) -> None:
    """A connection that the server closed after its answer is opened again; no request is lost for it."""
    bad = "handler.say(200, b'closing'); time.sleep(0.05); raise SystemExit"
    seen = asked(tmp_path, requests(), script(tmp_path, SERVE, bad=bad))
    assert {o.reply.text for o in seen.values()} == {"closing"}


class _Stranger(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"healthy")

    def log_message(self, *args: object) -> None:
        pass


def test_another_program_on_the_port_is_not_ours(tmp_path: Path) -> None:
    """A server of somebody else that answers our health check is never taken for the engine."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Stranger) as stranger:
        thread = threading.Thread(target=stranger.serve_forever)
        thread.start()
        text = f"import time\nprint('listening {stranger.server_port}', flush=True)\ntime.sleep(600)"
        seen = asked(tmp_path, [ask("x", Modality.SERVE, timeout_s=2.0)], script(tmp_path, text))["x"]
        stranger.shutdown()
        thread.join()
    assert seen.reply.ending is Ending.TIMEOUT
    assert seen.reply.text is None


def test_who_listens_on_a_port(tmp_path: Path) -> None:
    """A port counts as ours when the program, or one that it started, listens on it, and only then."""
    code = "import os, socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); "
    listens = Command(argv=(sys.executable, "-I", "-c", code + "os.fork(); s.accept()"))
    with Child(listens, workdir=tmp_path) as ours, Child(listens, workdir=tmp_path) as other:
        for child in (ours, other):
            assert child.wait(lambda printed: printed.endswith(b"\n"), limit_s=20) is Seen.ACCEPTED
        assert is_ours(ours.pid, int(ours.stdout.all()))
        assert not is_ours(ours.pid, int(other.stdout.all()))


def test_a_server_reaches_nothing_outside(tmp_path: Path) -> None:
    """Where the system allows it, a server answers us but reaches nothing of this machine's loopback."""
    if fence() is not Fence.NAMESPACES:
        pytest.skip("this system gives no network namespace that we can reach into")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bad = f"""
        import socket
        try:
            socket.create_connection(("127.0.0.1", {listener.getsockname()[1]}), timeout=5)
        except OSError as error:
            prompt = type(error).__name__
        handler.say(200, prompt.encode())
        """
        seen = asked(tmp_path, [ask("x", Modality.SERVE)], script(tmp_path, SERVE, bad=bad))["x"]
    assert seen.reply.text == "ConnectionRefusedError"
