"""Engines that are small Python scripts, written by the tests: real programs, behaving as badly as wished."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psutil

from apr_qa.run.observe import observe
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import Command, Completed, HttpRequest, HttpResponse
from apr_qa.vocab.engines import Batch, Conversation, Engine, Equipped, OneShot, Server, Setting
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Ending, Failing, Observation, Reply
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario

CELL_FORMAT = Format.GGUF

SERVE = """
import json, os, sys, time, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.say(200, b"healthy")
    def do_POST(self):
        prompt = self.rfile.read(int(self.headers["Content-Length"])).decode()
        MISBEHAVE(prompt, self)
        self.say(200, b"answer to " + prompt.encode())
    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
def MISBEHAVE(prompt, handler):
    BAD
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler)
server.daemon_threads = True
print("listening", server.server_port, flush=True)
server.serve_forever()
"""

CHAT = """
import os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    prompt = line.strip()
    BAD
    print("answer to " + prompt, flush=True)
"""


def script(folder: Path, text: str, *, bad: str = "pass", name: str = "engine.py") -> tuple[str, ...]:
    """Write a program; `BAD` in it stands for how it misbehaves, and may use `prompt`."""
    lines = []
    for line in textwrap.dedent(text).splitlines():
        if line.strip() == "BAD":
            lines.append(textwrap.indent(textwrap.dedent(bad).strip(), line[: -len("BAD")]))
        else:
            lines.append(line)
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return (sys.executable, "-I", "-S", str(path))


def engine(*, batch: bool = False, reset: bytes = b"") -> Engine:
    """Run: `program run PROMPT`. Batch: prompts as lines on stdin. Chat: a line a turn. Serve: prompt as body."""
    return Engine(
        name="script",
        summary="A script of the tests.",
        program="script",
        identify=lambda _seen: FACTS,
        supports=lambda _facts, _cell: "",
        one_shot=OneShot(command=_run, read=lambda _scenario, seen: _read(seen)),
        batch=Batch(command=_batch, read=_read_batch) if batch else None,
        conversation=Conversation(
            command=lambda setting: Command(argv=(*setting.program, "chat")),
            ready=lambda printed: printed.endswith(b"ready\n"),
            turns=lambda scenario: tuple(m.content.encode() + b"\n" for m in scenario.messages),
            answered=lambda printed: printed.endswith(b"\n"),
            read=lambda _scenario, printed: _answered(printed[-1], earlier=printed[:-1]),
            failed=_failed,
            reset=reset,
        ),
        server=Server(
            command=lambda setting: Command(argv=(*setting.program, "serve", str(setting.port))),
            port=_port,
            health=HttpRequest(method="GET", path="/health"),
            healthy=lambda response: response.status == 200 and response.body == b"healthy",
            request=lambda _setting, scenario: HttpRequest(method="POST", path="/", body=scenario.prompt.encode()),
            read=lambda _scenario, response: _respond(response),
            failed=_failed,
        ),
    )


FACTS = EngineFacts(name="script", version="1")


def _run(setting: Setting, scenario: Scenario) -> Command:
    return Command(
        argv=(*setting.program, "run", scenario.prompt), timeout_s=setting.timeout_s, output_limit_bytes=1 << 20
    )


def _batch(setting: Setting, scenarios: Sequence[Scenario]) -> Command:
    lines = "".join(s.prompt + "\n" for s in scenarios)
    return Command(argv=(*setting.program, "batch"), stdin=lines.encode(), timeout_s=setting.timeout_s)


def _read_batch(scenarios: Sequence[Scenario], seen: Completed) -> tuple[Reply, ...]:
    lines = seen.stdout.splitlines()
    return tuple(_answered(lines[n]) if n < len(lines) else _failed(seen) for n, _ in enumerate(scenarios))


def _read(seen: Completed) -> Reply:
    return _answered(seen.stdout) if seen.exit_status == 0 else _failed(seen)


def _answered(printed: bytes, earlier: Sequence[bytes] = ()) -> Reply:
    texts = [text.decode("utf-8", "replace").strip() for text in (printed, *earlier)]
    return Reply(ending=Ending.ANSWERED, text=texts[0], earlier=tuple(texts[1:]))


def _failed(seen: Completed) -> Reply:
    return Reply(ending=Ending.FAILED, failing=Failing.UNKNOWN, message=f"exit status {seen.exit_status}")


def _respond(response: HttpResponse) -> Reply:
    if response.status == 200:
        return _answered(response.body)
    return Reply(ending=Ending.FAILED, message=f"HTTP {response.status}")


def _port(_setting: Setting, printed: bytes) -> int | None:
    words = printed.split()
    return int(words[1]) if printed.endswith(b"\n") and words[:1] == [b"listening"] else None


def ask(prompt: str, modality: Modality = Modality.RUN, **more: object) -> Scenario:
    """Return a scenario of one question."""
    values: dict[str, object] = {
        "id": f"{modality}-{prompt}",
        "cell": Cell(format=CELL_FORMAT, backend=Backend.CPU, modality=modality),
        "messages": (Message(role=Role.USER, content=prompt),),
        "oracle": OracleSpec(name="none"),
        "timeout_s": 20.0,
    }
    return Scenario(**{**values, **more})  # type: ignore[arg-type]


def files_in(folder: Path) -> ModelFiles:
    """Return a model of one small file."""
    weights = folder / "model.gguf"
    weights.write_bytes(b"GGUF")
    artefact = Artefact(format=CELL_FORMAT, path=weights, folder=folder, files=(weights,))
    return ModelFiles(model="test", artefacts={CELL_FORMAT: artefact}, root=folder)


def asked(
    folder: Path,
    scenarios: Sequence[Scenario],
    program: tuple[str, ...],
    *,
    workers: int = 1,
    made: Engine | None = None,
) -> dict[str, Observation]:
    """Ask everything; assert that no process and no file is left; return observations by prompt."""
    model, scratch = folder / "model", folder / "scratch"
    model.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    equipped = Equipped(engine=made or engine(), facts=FACTS, program=program)
    iterator = observe(
        scenarios,
        equipment={"": {CELL_FORMAT: equipped}},
        files=files_in(model),
        scratch=scratch,
        workers=workers,
        units=lambda scenario: f"unit-{scenario.id}",
        started=lambda _scenario: None,
    )
    with closing(iterator):
        seen = list(iterator)
    assert sorted(o.scenario for o in seen) == sorted(s.id for s in scenarios)
    assert list(scratch.iterdir()) == []
    assert not left_behind(str(folder))
    by_id = {o.scenario: o for o in seen}
    return {s.prompt: by_id[s.id] for s in scenarios}


def left_behind(needle: str) -> list[str]:
    """Return the living processes that name `needle`, and children of ours that nobody reaped.

    An orphan of our own session is no engine: another test killed a program of ours, and we adopted its helper.
    """
    children = [child for child in psutil.Process().children() if os.getsid(child.pid) != os.getsid(0)]
    zombies = [child for child in children if child.status() == psutil.STATUS_ZOMBIE]
    return living(needle) + [f"zombie {zombie.pid}" for zombie in zombies]


def living(needle: str) -> list[str]:
    """Return the living processes whose command line, folder or HOME names `needle`."""
    found = []
    for process in psutil.process_iter():
        try:
            shown = json.dumps([process.cmdline(), process.cwd(), process.environ().get("HOME", "")])
            if needle in shown and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(shown)
        except psutil.Error:
            continue
    return found
