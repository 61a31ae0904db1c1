"""Starts a server and finds out whether it is up, and whether what answers is really ours."""

from __future__ import annotations

import contextlib
import socket  # noqa: TID251  (only to find a free port)
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from apr_qa.run import endings
from apr_qa.run.fence import Fence
from apr_qa.run.http import Door
from apr_qa.run.isolation import fence
from apr_qa.run.process import Child
from apr_qa.run.relay import relay
from apr_qa.run.seen import Seen
from apr_qa.run.station import Cancelled, Station
from apr_qa.vocab.command import Command, Completed, HttpResponse, Stopped
from apr_qa.vocab.engines import Server, Setting
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Scenario

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.25
_HEALTH_S = 2.0


class NotUp(Exception):
    """The server did not come up; `reply` is what becomes of the question at hand."""

    def __init__(self, reply: Reply, completed: Completed | None = None) -> None:
        super().__init__(reply.message)
        self.reply = reply
        self.completed = completed


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that is up."""

    setting: Setting
    door: Door
    session: str
    folder: Path
    began: float
    address: str = ""
    """Base URL as the server itself has it; the door may lead there through a relay."""
    command: Command | None = None
    child: Child | None = None
    """None for a server that somebody else runs."""

    @property
    def is_alive(self) -> bool:
        """False once the program of ours has ended."""
        return self.child is None or self.child.is_alive


@contextlib.contextmanager
def running(station: Station, way: Server, first: Scenario) -> Iterator[Running]:
    """A server that is up and healthy; ended afterwards. Raises NotUp, NotStarted, OSError, Cancelled."""
    began = time.monotonic()
    deadline = began + first.timeout_s
    with station.folder() as folder, contextlib.ExitStack() as stack:
        setting = station.setting(folder, first, timeout_s=first.timeout_s, port=_free_port())
        server = Running(setting=setting, door=_no_door(), session=folder.name, folder=folder, began=began)
        if station.equipped.engine.remote:
            server = replace(server, door=Door(station.equipped.program[0], remote=True))
        else:
            command = way.command(setting)
            child = stack.enter_context(Child(command, workdir=folder, fence=fence()))
            server = replace(server, child=child, command=command)
            port = _port(station, way, server, deadline)
            outside = stack.enter_context(relay(child, port, folder, deadline)) if _has_own_network() else port
            server = replace(server, door=Door(f"http://127.0.0.1:{outside}"), address=f"http://127.0.0.1:{port}")
        stack.callback(server.door.close)
        _await_health(station, way, server, deadline)
        yield server


def _has_own_network() -> bool:
    return fence() is Fence.NAMESPACES


def _no_door() -> Door:
    return Door("http://127.0.0.1:0")


def _port(station: Station, way: Server, server: Running, deadline: float) -> int:
    found: list[int] = []

    def told(printed: bytes) -> bool:
        port = way.port(server.setting, printed)
        found.extend([] if port is None else [port])
        return bool(found)

    if server.child is None:
        raise ValueError("a server of somebody else has no port of ours")
    seen = server.child.wait(told, limit_s=deadline - time.monotonic(), cancel=station.cancel)
    if seen is not Seen.ACCEPTED:
        raise _not_up(way, server, seen, "it did not say on which port it listens")
    return found[-1]


def _await_health(station: Station, way: Server, server: Running, deadline: float) -> None:
    pause_s = _FIRST_PAUSE_S
    last = "nothing answered"
    while (left_s := deadline - time.monotonic()) > 0:
        answer = server.door.ask(way.health, timeout_s=min(_HEALTH_S, left_s))
        if isinstance(answer, HttpResponse):
            if way.healthy(answer):
                if server.child is None or _has_own_network() or is_ours(server.child.pid, server.door.port):
                    return  # inside the fence there is nobody else
                last = f"another program answers on port {server.door.port}"
            else:
                last = f"the health check was answered with status {answer.status}"
        _pause(station, way, server, min(pause_s, left_s))
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
    raise _not_up(way, server, Seen.TIMEOUT, f"not healthy in time: {last}")


def _pause(station: Station, way: Server, server: Running, pause_s: float) -> None:
    """Sleep, unless the program ends or the run is stopped meanwhile."""
    if server.child is None:
        if station.cancel.wait(pause_s):
            raise Cancelled
        return
    seen = server.child.wait(limit_s=pause_s, cancel=station.cancel)
    if seen is not Seen.TIMEOUT:
        raise _not_up(way, server, seen, "it ended before it was healthy")


def _not_up(way: Server, server: Running, seen: Seen, why: str) -> Exception:
    if seen is Seen.CANCELLED:
        return Cancelled()
    if server.child is None:
        return NotUp(endings.unstarted(f"the server at {server.door.base} is not up: {why}"))
    completed = server.child.close(seen.stopped)
    reply = endings.reply_to(completed, way.failed, scratch=server.folder)
    if completed.stopped is Stopped.TIMEOUT:
        reply = Reply(ending=Ending.TIMEOUT, message=f"{reply.message}: {why}")
    return NotUp(replace(reply, failing=reply.failing or Failing.LOAD), completed)


def is_ours(pid: int, port: int) -> bool:
    """True when the program or one below it listens on `port`, or when the system does not show who does."""
    try:
        program = psutil.Process(pid)
        family = [program, *program.children(recursive=True)]
        connections = [c for member in family for c in member.net_connections(kind="tcp")]
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
