"""Modality chat: a program that is talked to over its standard streams, one conversation after another."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from apr_qa.run import endings
from apr_qa.run.process import Child
from apr_qa.run.record import Sight, now, observe
from apr_qa.run.reproduce import command_line
from apr_qa.run.seen import Seen
from apr_qa.run.sessions import Held
from apr_qa.run.spawn import NotStarted
from apr_qa.run.station import Cancelled, Station
from apr_qa.vocab.command import Command, Completed, Stopped
from apr_qa.vocab.engines import Conversation
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Scenario

_LAST_WORDS_S = 1.0
"""How long a program that no longer listens has to end by itself."""


def hold(way: Conversation, station: Station, queue: deque[Scenario], *, cold: bool = False) -> Held:
    """Hold one session: conversations from `queue` until it is empty or the program is gone. Raises Cancelled."""
    lead = queue[0]
    try:
        with station.folder() as folder:
            command = way.command(station.setting(folder, lead, timeout_s=lead.timeout_s))
            with station.talk_to(command, folder) as child:
                return _Talk(station, way, child, command, folder, cold=cold).hold(queue)
    except (NotStarted, OSError) as error:
        station.started(lead)
        station.emit(observe(station, queue.popleft(), endings.unstarted(str(error)), Sight()))
        return Held(loaded=False)


class _Broken(Exception):
    """The session is over; `seen` says how."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen)
        self.seen = seen


class _Talk:
    """One running session."""

    def __init__(
        self, station: Station, way: Conversation, child: Child, command: Command, folder: Path, *, cold: bool
    ) -> None:
        self.station = station
        self.way = way
        self.child = child
        self.command = command
        self.folder = folder
        self.cold = cold
        self.began = time.monotonic()

    def hold(self, queue: deque[Scenario]) -> Held:
        lead = queue[0]
        at = now()
        seen = self.child.wait(self.way.ready, limit_s=lead.timeout_s, cancel=self.station.cancel)
        if seen is not Seen.ACCEPTED:
            self.station.started(queue.popleft())
            return self._end(lead, seen, at, loaded=False)
        while queue:
            scenario = queue.popleft()
            self.station.started(scenario)
            at = now()
            try:
                if self.way.reset and scenario is not lead:
                    self._turn(self.way.reset, time.monotonic() + scenario.timeout_s)
                began = self.began if self.cold else time.monotonic()
                reply = self._converse(scenario, began + scenario.timeout_s)
            except _Broken as broken:
                return self._end(scenario, broken.seen, at, loaded=True)
            elapsed_s = time.monotonic() - began
            self.station.emit(observe(self.station, scenario, reply, self._sight(scenario, at, elapsed_s)))
        return Held(loaded=True)

    def _converse(self, scenario: Scenario, deadline: float) -> Reply:
        printed = tuple(self._turn(turn, deadline) for turn in self.way.turns(scenario))
        return endings.guarded(lambda: self.way.read(scenario, printed))

    def _turn(self, turn: bytes, deadline: float) -> bytes:
        """Write one turn; return what was printed in answer. Raises _Broken."""
        self.child.mark()
        cancel = self.station.cancel
        seen = self.child.write(turn, limit_s=_left(deadline), cancel=cancel)
        if seen is Seen.ACCEPTED:
            seen = self.child.wait(self.way.answered, limit_s=_left(deadline), cancel=cancel)
        if seen is not Seen.ACCEPTED:
            raise _Broken(seen)
        return self.child.stdout.all()

    def _end(self, scenario: Scenario, seen: Seen, at: str, *, loaded: bool) -> Held:
        """End the session for good, and settle what becomes of the question it was at."""
        if seen is Seen.CANCELLED:
            raise Cancelled
        if seen is Seen.ENDED:
            # It may have closed its input and live on, or just be about to end.
            self.child.wait(limit_s=_LAST_WORDS_S)
        deaf = seen is Seen.ENDED and self.child.is_alive
        completed = self.child.close(Stopped.TIMEOUT if deaf else seen.stopped)
        reply = _deaf() if deaf else self._reply_to(completed, scenario)
        if not loaded and reply.failing is None:
            reply = replace(reply, failing=Failing.LOAD)
        sight = replace(self._sight(scenario, at, completed.elapsed_s), completed=completed)
        observation = observe(self.station, scenario, reply, sight)
        if reply.ending is Ending.CRASHED:
            return Held(loaded=loaded, crashed=((scenario, observation),))
        self.station.emit(observation)
        return Held(loaded=loaded)

    def _reply_to(self, completed: Completed, scenario: Scenario) -> Reply:
        if completed.stopped is Stopped.TIMEOUT:
            late = endings.timed_out(scenario.timeout_s)
            return replace(late, message=f"{late.message}; {len(completed.stdout)} bytes were printed")
        return endings.reply_to(completed, self.way.failed, scratch=self.folder)

    def _sight(self, scenario: Scenario, at: str, elapsed_s: float) -> Sight:
        return Sight(
            argv=self.command.argv,
            session=self.folder.name,
            cold=self.cold,
            started_at=at,
            elapsed_s=elapsed_s,
            stderr=self.child.stderr.all(),
            peak_rss_bytes=self.child.peak_rss_bytes,
            reproduce=command_line(self.command, b"".join(self.way.turns(scenario))),
        )


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _deaf() -> Reply:
    return Reply(
        ending=Ending.FAILED,
        failing=Failing.PROTOCOL,
        message="the program closed its standard input, lived on and did not answer",
    )
