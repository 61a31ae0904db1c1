"""Ways for an engine to misbehave, in place of `apr`: what it does when asked 2+2, and what has to come of it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from apr_qa.vocab.axes import Modality
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.verdict import Outcome

_HEAD = """\
#!{python} -IS
import json, os, signal, subprocess, sys, time
MODEL = {model!r}
def reply(text, **more):
    return json.dumps({{"status": "ok", "text": text, "tokens": [1], "completion_tokens": 1, "prompt_tokens": 9,
        "backend": {{"ran": "cpu"}}, "used_gpu": False, "finish_reason": None, **more}})
def answer(text, **more):
    print(reply(text, **more), flush=True)
"""
_SERVER = """\
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
def chat(text):
    message = {"role": "assistant", "content": text}
    return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"completion_tokens": 1}}
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def say(self, status, said, **headers):
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
    def do_GET(self):
        HEALTH
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        BODY
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler)
server.daemon_threads = True
print(f"listening on http://127.0.0.1:{PORT} ", flush=True)
server.serve_forever()
"""
HEALTHY = "self.say(200, {'status': 'ok', 'model_loaded': True})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to misbehave."""

    name: str
    body: str
    ending: Ending
    outcome: Outcome
    says: str = ""
    """What the verdict's reason or the observation's note has to hold."""
    serves: bool = False
    health: str = HEALTHY
    port: str = "server.server_port"

    @property
    def modality(self) -> Modality:
        """How it is asked."""
        return Modality.SERVE if self.serves else Modality.RUN

    def write(self, folder: Path, model: Path) -> Path:
        """Write the program, executable by its owner, and return its path."""
        text = _HEAD.format(python=sys.executable, model=str(model))
        if self.serves:
            server = _SERVER.replace("{PORT}", f"{{{self.port}}}").replace("HEALTH", _indented(self.health))
            text += server.replace("BODY", _indented(self.body))
        else:
            text += self.body
        path = folder / "apr"
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o755)
        return path


def _indented(body: str) -> str:
    return body.replace("\n", "\n        ")


def _slow(name: str, body: str, **more: object) -> Way:
    return Way(name=name, body=body, ending=Ending.TIMEOUT, outcome=Outcome.TIMEOUT, **more)  # type: ignore[arg-type]


def _fails(name: str, body: str, says: str = "", **more: object) -> Way:
    ending, outcome = Ending.FAILED, Outcome.FALSIFIED
    return Way(name=name, body=body, says=says, ending=ending, outcome=outcome, **more)  # type: ignore[arg-type]


def _crashes(name: str, body: str, says: str, **more: object) -> Way:
    ending, outcome = Ending.CRASHED, Outcome.CRASHED
    return Way(name=name, body=body, says=says, ending=ending, outcome=outcome, **more)  # type: ignore[arg-type]


def _answers(name: str, body: str, outcome: Outcome = Outcome.CORROBORATED, says: str = "", **more: object) -> Way:
    return Way(name=name, body=body, says=says, ending=Ending.ANSWERED, outcome=outcome, **more)  # type: ignore[arg-type]


_DAEMON = "if not os.fork():\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
_FORKS = "while True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)"
"""Root is not held by the kernel's own limit, so we count and end; others are refused by it, and hang."""
_HUNDRED_FILES = "for n in range(100):\n    open(os.environ['TMPDIR'] + f'/{n}', 'wb').write(bytes(4 << 20))\n"
_DRIP = "self.send_response(200); self.send_header('Content-Length', '99999'); self.end_headers()\n"
_DRIP += "while True: self.wfile.write(b' '); self.wfile.flush(); time.sleep(0.1)"

RUN = (
    _slow("hangs before the first token", "time.sleep(600)"),
    _slow("hangs after the first token", 'print(\'{"status": "ok", "te\', flush=True); time.sleep(600)'),
    _slow("ignores SIGTERM", "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"),
    _slow("stops itself", "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(600)"),
    _slow("closes its output and lives", "os.close(1); os.close(2); time.sleep(600)"),
    _slow("drips a byte now and then", "while True: print(' ', end='', flush=True); time.sleep(0.1)"),
    _fails("endless output", "while True: print('x' * 10000)", "more than its limit"),
    _fails("endless error output", "while True: print('x' * 10000, file=sys.stderr)", "more than its limit"),
    _fails("fork bomb", _FORKS, "processes") if os.geteuid() == 0 else _slow("fork bomb", _FORKS),
    _fails("memory hog", "held = []\nwhile True: held.append(bytearray(16 << 20))", "MemoryError"),
    _fails("fills its folder with one file", "open('big', 'wb').write(bytes(64 << 20))", "File too large"),
    _fails("fills its folder with many files", f"{_HUNDRED_FILES}time.sleep(600)", "written to its working folder"),
    _fails("writes to the model", "open(MODEL, 'ab').write(b'mine')", "Errno"),
    _fails("removes the model", "os.remove(MODEL)", "Errno"),
    _answers("leaves a closed folder", "os.makedirs('d/e'); os.chmod('d', 0); answer('4')"),
    _answers("leaves a daemon", f"{_DAEMON}    time.sleep(600)\nanswer('4')", says="left behind"),
    _answers(
        "leaves a daemon that hides",
        f"{_DAEMON}    os.execve('/bin/sleep', ['x', '600'], {{}})\nanswer('4')",
        says="left behind",
    ),
    _answers("kills its parent", "os.kill(os.getppid(), signal.SIGKILL); answer('4')"),
    _answers("kills everybody", "try: os.kill(-1, signal.SIGKILL)\nexcept OSError: pass\nanswer('4')"),
    _fails("invalid UTF-8", "sys.stdout.buffer.write(b'\\xff\\xfe\\xfd' * 50)"),
    _answers("NUL in its answer", "answer('\\0' * 40)", Outcome.FALSIFIED),
    _answers("terminal codes in its answer", "answer('\\x1b[2J\\x1b]0;x\\x07 5')", Outcome.FALSIFIED),
    _fails("exits 0 with an error text", "print('error: inference failed: tensor not found')"),
    _fails("exits 0 without a word", "pass"),
    _fails("JSON of the wrong types", "print(json.dumps({'status': 'ok', 'text': ['4'], 'tokens': 'many'}))"),
    _fails("JSON without end", "print('[' * 200000)"),
    _fails("a number too large for JSON", "print(reply('4').replace('[1]', '1' * 5000))"),
    _answers("answers another prompt", "answer('13')", Outcome.FALSIFIED, "13"),
    _answers("success without a word", "answer('')", Outcome.FALSIFIED),
    _crashes("segmentation fault", "os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    _crashes("panics", "print('panicked at a.rs:1:1', file=sys.stderr); sys.exit(101)", "panicked"),
    _fails("waits for a word from us", "answer(input())", "EOFError"),
)
SERVE = (
    _slow("serves on another port", "self.say(200, chat('4'))", serves=True, port="1"),
    _slow("says a port that is none", "pass", serves=True, port="99999"),
    _slow("is never healthy", "pass", serves=True, health="self.say(503, {'status': 'loading'})"),
    _fails("dies between health and request", "os._exit(0)", serves=True),
    _crashes("aborts at the request", "os.abort()", "SIGABRT", serves=True),
    _slow("never answers a request", "time.sleep(600)", serves=True),
    _slow("drips its answer", _DRIP, serves=True),
    _fails("drops the connection", "self.connection.shutdown(2); self.close_connection = True", serves=True),
    _fails("huge headers", "self.say(200, chat('4'), **{f'X_{n}': 'y' * 60000 for n in range(200)})", serves=True),
    _fails(
        "a header line without end", "self.wfile.write(b'HTTP/1.1 200 OK\\r\\nX: ' + b'y' * (8 << 20))", serves=True
    ),
    _fails("an answer without end", "self.say(200, b'x' * (32 << 20))", "too large", serves=True),
    _fails("redirects", "self.say(302, b'', Location='http://127.0.0.1:1/v1')", "HTTP 302", serves=True),
    _fails(
        "promises more than it sends",
        "self.say(200, b'{}', Content_Length=500)\nself.connection.shutdown(2)",
        serves=True,
    ),
    _fails("no HTTP at all", "self.wfile.write(b'\\xff\\0' * 500); self.close_connection = True", serves=True),
    _fails("serves JSON of the wrong types", "self.say(200, {'choices': {'0': 'four'}})", serves=True),
    _fails("serves an error as success", "self.say(200, {'error': 'no such tensor'})", serves=True),
    _answers("serves the answer to another prompt", "self.say(200, chat('13'))", Outcome.FALSIFIED, "13", serves=True),
)
WAYS = (*RUN, *SERVE)
