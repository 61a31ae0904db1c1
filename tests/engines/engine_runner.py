"""The smallest caller of engines: real child programs, asked exactly as the contract says."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from apr_qa.vocab.command import Command, Completed, HttpRequest, HttpResponse
from apr_qa.vocab.engines import Engine, Setting
from apr_qa.vocab.observation import Reply
from apr_qa.vocab.scenario import Scenario

LIMIT_S = 120.0


class Child(subprocess.Popen[bytes]):
    """A program that keeps all it printed."""

    printed = b""


def environment(command: Command) -> dict[str, str]:
    """Return the scrubbed environment with what the engine adds."""
    return {"PATH": os.environ["PATH"], **command.env}


def finish(command: Command, scratch: Path) -> Completed:
    """Run a program to its end."""
    done = subprocess.run(
        command.argv,
        input=command.stdin,
        capture_output=True,
        cwd=scratch,
        env=environment(command),
        timeout=LIMIT_S,
        check=False,
    )
    return _completed(command.argv, done.returncode, done.stdout, done.stderr)


def _completed(argv: tuple[str, ...], status: int, stdout: bytes, stderr: bytes) -> Completed:
    ended, signal = (status, None) if status >= 0 else (None, -status)
    return Completed(argv=argv, exit_status=ended, signal=signal, stdout=stdout, stderr=stderr)


def run(engine: Engine, setting: Setting, scenario: Scenario) -> Reply:
    """Ask one question of one process."""
    assert engine.one_shot
    return engine.one_shot.read(scenario, finish(engine.one_shot.command(setting, scenario), setting.scratch))


def batch(engine: Engine, setting: Setting, scenarios: Sequence[Scenario]) -> tuple[Reply, ...]:
    """Ask many questions of one process."""
    assert engine.batch
    for name, content in engine.batch.files(setting, scenarios).items():
        (setting.scratch / name).write_bytes(content)
    return engine.batch.read(scenarios, finish(engine.batch.command(setting, scenarios), setting.scratch))


def chat(engine: Engine, setting: Setting, scenarios: Sequence[Scenario]) -> list[Reply]:
    """Hold one conversation after another with one process."""
    talk = engine.conversation
    assert talk
    command = talk.command(replace(setting, first=scenarios[0]))
    child = start(command, setting.scratch)
    replies = []
    try:
        if read_until(child, talk.ready) is None:
            return [talk.failed(_end(child, command))] * len(scenarios)
        for place, scenario in enumerate(scenarios):
            if place and talk.reset:
                say(child, talk.reset, talk.answered)
            printed = [said for turn in talk.turns(scenario) if (said := say(child, turn, talk.answered)) is not None]
            whole = len(printed) == len(talk.turns(scenario))
            replies.append(talk.read(scenario, tuple(printed)) if whole else talk.failed(_end(child, command)))
    finally:
        child.kill()
        child.communicate()
    return replies


def start(command: Command, scratch: Path) -> Child:
    """Start a program with its three streams open."""
    pipe = subprocess.PIPE
    return Child(command.argv, stdin=pipe, stdout=pipe, stderr=pipe, cwd=scratch, env=environment(command), bufsize=0)


def say(child: Child, turn: bytes, answered: Callable[[bytes], bool]) -> bytes | None:
    """Write one turn and return what was printed since."""
    assert child.stdin
    child.stdin.write(turn)
    return read_until(child, answered)


def read_until(child: Child, enough: Callable[[bytes], bool]) -> bytes | None:
    """Return standard output once it is `enough`; None when the program ended before."""
    assert child.stdout
    said = b""
    while not enough(said):
        more = child.stdout.read(65536)
        if not more:
            return None
        said += more
        child.printed += more
    return said


def _end(child: Child, command: Command) -> Completed:
    stdout, stderr = child.communicate(timeout=LIMIT_S)
    return _completed(command.argv, child.returncode, child.printed + stdout, stderr)


def serve(engine: Engine, setting: Setting, scenarios: Sequence[Scenario]) -> list[Reply]:
    """Start a server, wait until it is healthy, and ask it."""
    server = engine.server
    assert server
    child = start(server.command(setting), setting.scratch)
    try:
        said = read_until(child, lambda printed: server.port(setting, printed) is not None)
        assert said is not None, child.communicate()
        base = f"http://127.0.0.1:{server.port(setting, said)}"
        deadline = time.monotonic() + LIMIT_S
        while not server.healthy(send(base, server.health)):
            assert time.monotonic() < deadline
        return [server.read(s, send(base, server.request(setting, s))) for s in scenarios]
    finally:
        child.kill()
        child.communicate()


def send(base: str, asked: HttpRequest) -> HttpResponse:
    """Send one request."""
    request = urllib.request.Request(base + asked.path, asked.body or None, dict(asked.headers), method=asked.method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return HttpResponse(status=answer.status, body=answer.read(), elapsed_s=0)
    except urllib.error.HTTPError as error:
        with error:
            return HttpResponse(status=error.code, body=error.read(), elapsed_s=0)
