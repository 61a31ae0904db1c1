"""Modality serve: a program that answers HTTP, several requests at once."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

from apr_qa.run import endings
from apr_qa.run.http import NoResponse, Trouble
from apr_qa.run.record import Sight, now, observe
from apr_qa.run.reproduce import request_line, server_line
from apr_qa.run.serving import NotUp, Running, running
from apr_qa.run.sessions import Held
from apr_qa.run.spawn import NotStarted
from apr_qa.run.station import Station
from apr_qa.vocab.command import Completed, HttpRequest, HttpResponse, Stopped
from apr_qa.vocab.engines import Server
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.scenario import Scenario

_TICK_S = 0.1
_SLACK_S = 1.0
"""Past its limit a request that still hangs is ended with its server."""
_LAST_WORDS_S = 1.0
"""How long a server that dropped a connection has to be gone."""


def hold(way: Server, station: Station, queue: deque[Scenario], *, cold: bool = False) -> Held:
    """Hold one session: requests from `queue` until it is empty or the server is gone. Raises Cancelled."""
    lead = queue[0]
    at = now()
    try:
        with running(station, way, lead) as server:
            return _Desk(station, way, server, cold=cold).hold(queue)
    except NotUp as error:
        sight = Sight(
            argv=error.completed.argv if error.completed else (),
            started_at=at,
            elapsed_s=error.completed.elapsed_s if error.completed else 0.0,
            completed=error.completed,
        )
        observation = observe(station, queue.popleft(), error.reply, sight)
    except (NotStarted, OSError) as error:
        observation = observe(station, queue.popleft(), endings.unstarted(str(error)), Sight(started_at=at))
    station.started(lead)
    if observation.reply.ending is Ending.CRASHED:
        return Held(loaded=False, crashed=((lead, observation),))
    station.emit(observation)
    return Held(loaded=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flight:
    """A request under way."""

    scenario: Scenario
    request: HttpRequest
    at: str
    began: float


class _Desk:
    """One running server and the requests under way."""

    def __init__(self, station: Station, way: Server, server: Running, *, cold: bool) -> None:
        self.station = station
        self.way = way
        self.server = server
        self.cold = cold
        self.flying: dict[Future[HttpResponse | NoResponse], _Flight] = {}
        self.lost: list[_Flight] = []
        self.is_broken = False

    def hold(self, queue: deque[Scenario]) -> Held:
        while self.flying or (queue and not self.is_broken):
            while queue and not self.is_broken and len(self.flying) < self.station.clients:
                self._send(queue.popleft())
            done, _ = wait(self.flying, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            self.station.check()
            self._guard()
            for future in done:
                self._receive(self.flying.pop(future), future.result())
        return self._settle(queue)

    def _send(self, scenario: Scenario) -> None:
        self.station.started(scenario)
        try:
            request = self.way.request(self.server.setting, scenario)
        except Exception as error:  # noqa: BLE001  (a plug-in may raise anything; the question is then not judged)
            reply = endings.unstarted(f"the engine's adapter failed (a bug of apr-qa): {error}")
            self.station.emit(observe(self.station, scenario, reply, Sight()))
            return
        began = self.server.began if self.cold else time.monotonic()
        flight = _Flight(scenario=scenario, request=request, at=now(), began=began)
        future: Future[HttpResponse | NoResponse] = Future()
        limit_s = max(0.01, began + scenario.timeout_s - time.monotonic())
        # A thread of its own, so that a server that never ends its headers cannot keep us from stopping.
        threading.Thread(
            target=lambda: future.set_result(self.server.door.ask(request, timeout_s=limit_s)), daemon=True
        ).start()
        self.flying[future] = flight

    def _guard(self) -> None:
        """End a server that is over a limit or lets a request hang past every limit."""
        child = self.server.child
        late = any(time.monotonic() > f.began + f.scenario.timeout_s + _SLACK_S for f in self.flying.values())
        if child and (over := child.over):
            child.close(over)
        elif child and late:
            child.close(Stopped.TIMEOUT)

    def _receive(self, flight: _Flight, answer: HttpResponse | NoResponse) -> None:
        if isinstance(answer, HttpResponse):
            self._emit(flight, endings.guarded(lambda: self.way.read(flight.scenario, answer)))
        elif answer.trouble is Trouble.TIMEOUT or time.monotonic() > flight.began + flight.scenario.timeout_s:
            self.is_broken = True
            self._emit(flight, endings.timed_out(flight.scenario.timeout_s))
        elif answer.trouble is Trouble.LOST and self._is_gone():
            self.is_broken = True
            self.lost.append(flight)
        else:
            self._emit(flight, endings.reply_to_nothing(answer))

    def _is_gone(self) -> bool:
        if self.server.child and self.server.is_alive:
            self.server.child.wait(limit_s=_LAST_WORDS_S, cancel=self.station.cancel)
            self.station.check()
        return not self.server.is_alive

    def _settle(self, queue: deque[Scenario]) -> Held:
        """What becomes of requests whose server went away."""
        if not self.lost or self.server.child is None:
            return Held(loaded=True)
        completed = self.server.child.close()
        if completed.stopped is Stopped.TIMEOUT:
            # Another request hung and was the reason; these are asked again in the next session.
            queue.extendleft(flight.scenario for flight in reversed(self.lost))
            return Held(loaded=True)
        reply = endings.reply_to(completed, self.way.failed, scratch=self.server.folder)
        seen = [(f.scenario, self._observation(f, reply, completed)) for f in self.lost]
        if reply.ending is Ending.CRASHED:
            return Held(loaded=True, crashed=tuple(seen))
        for _, observation in seen:
            self.station.emit(observation)
        return Held(loaded=True)

    def _emit(self, flight: _Flight, reply: Reply) -> None:
        self.station.emit(self._observation(flight, reply))
        if self.server.child:
            self.server.child.mark()

    def _observation(self, flight: _Flight, reply: Reply, completed: Completed | None = None) -> Observation:
        child, command = self.server.child, self.server.command
        base = self.server.address or self.server.door.base
        request = flight.request
        sight = Sight(
            argv=command.argv if command else (),
            session=self.server.session,
            cold=self.cold,
            started_at=flight.at,
            elapsed_s=time.monotonic() - flight.began,
            stderr=child.stderr.all() if child else b"",
            peak_rss_bytes=child.peak_rss_bytes if child else None,
            reproduce=server_line(command, base, request) if command else request_line(base, request),
        )
        return observe(self.station, flight.scenario, reply, replace(sight, completed=completed))
