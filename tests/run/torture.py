"""Puts one misbehaving engine on trial, as a run does it, and sees what came of it and what was left."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from script_engines import ask, files_in, left_behind
from torture_ways import Way

from apr_qa.engines.apr import APR
from apr_qa.evidence.judge import judge_answer
from apr_qa.oracles.arithmetic import expect
from apr_qa.rooms import furnish
from apr_qa.run.guard import changed, snapshot
from apr_qa.run.observe import observe
from apr_qa.vocab.axes import Format
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Engine, Equipped
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.verdict import Verdict

PROMPT = "What is 2+2?"
LIMIT_S = 20.0
HANG_S = 3.0
"""For those that hang: the limit is what ends them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one engine came to."""

    way: Way
    observation: Observation
    verdict: Verdict
    limit_s: float
    took_s: float
    left: tuple[str, ...]
    """Processes, files and changes of the model that should not be."""

    @property
    def is_right(self) -> bool:
        """It ended and was judged as it should, and says why."""
        told = f"{self.verdict.reason} {self.observation.note} {self.observation.stderr_tail}"
        ended = (self.observation.reply.ending, self.verdict.outcome)
        return ended == (self.way.ending, self.way.outcome) and self.way.says in told


def tortured(way: Way, folder: Path) -> Seen:
    """Ask the engine one question, with little memory, few processes and small files."""
    model, scratch = folder / "model", folder / "scratch"
    model.mkdir()
    scratch.mkdir()
    files = files_in(model)
    before = snapshot(files)
    program = way.write(folder, model / "model.gguf")
    equipped = Equipped(engine=_limited(), facts=EngineFacts(name="apr", version="0.72.3"), program=(str(program),))
    limit_s = HANG_S if way.ending is Ending.TIMEOUT else LIMIT_S
    oracle = OracleSpec(name="arithmetic", expected=expect(PROMPT, {}) or {})
    scenario = ask(PROMPT, way.modality, timeout_s=limit_s, oracle=oracle)
    began = time.monotonic()
    iterator = observe(
        [scenario],
        equipment={"": {Format.GGUF: equipped}},
        files=files,
        scratch=scratch,
        workers=1,
        units=lambda asked: asked.id,
        started=lambda _scenario: None,
    )
    with closing(iterator):
        (observation,) = iterator
    took_s = time.monotonic() - began
    left = (*left_behind(str(folder)), *map(str, scratch.iterdir()), *changed(before))
    oracles = {oracle.name: oracle for oracle in furnish("apr_qa.oracles", Oracle)}
    verdict = judge_answer(scenario, observation, oracles)
    return Seen(way=way, observation=observation, verdict=verdict, limit_s=limit_s, took_s=took_s, left=left)


def in_a_folder(way: Way) -> Seen:
    """As `tortured`, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return tortured(way, Path(folder))


def _limited() -> Engine:
    """The adapter of apr, its commands held shorter than usual."""
    one_shot, server = APR.one_shot, APR.server
    assert one_shot
    assert server
    return replace(
        APR,
        one_shot=replace(one_shot, command=lambda *asked: _short(one_shot.command(*asked))),
        server=replace(server, command=lambda setting: _short(server.command(setting))),
    )


def _short(command: Command) -> Command:
    limits: dict[str, Any] = {"memory_limit_bytes": 1 << 29, "process_limit": 64}
    return replace(command, file_limit_bytes=8 << 20, output_limit_bytes=1 << 20, **limits)
