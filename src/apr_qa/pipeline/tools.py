"""Coverage of apr's subcommands: each is run read-only on the model, asked for its help, or left alone."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apr_qa.catalog.apr_commands import MODEL, ToolRun, tool_run, why_not_run
from apr_qa.errors import InputError
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.files import sha256_file
from apr_qa.pipeline.engines import APR, choose
from apr_qa.run.guard import Snapshot, changed
from apr_qa.run.guard import snapshot as take_snapshot
from apr_qa.run.isolation import fence
from apr_qa.run.process import run
from apr_qa.text import one_line
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.engines import Equipped

RUN, HELP, LEFT_ALONE = "run", "help only", "not run"
_HELP_S = 20.0
_RUN_S = 120.0
_ENVIRONMENT = {"NO_COLOR": "1", "TERM": "dumb", "APR_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
_SURFACE = ("surface", "--json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One subcommand and what became of it."""

    name: str
    how: str
    """`run`, `help only` or `not run`."""
    ok: bool
    """True for what was not run."""
    says: str
    """Why it failed, or why it was not run."""
    argv: tuple[str, ...] = ()
    exit_status: int | None = None
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All subcommands of one apr, tried on one model."""

    engine: str
    model: str
    tools: tuple[Tool, ...]
    touched: tuple[str, ...]
    """What the commands did to the model's files, a sentence each; none of them may do anything."""

    @property
    def failed(self) -> tuple[Tool, ...]:
        """The commands that did not do what they say."""
        return tuple(tool for tool in self.tools if not tool.ok)


def cover(path: Path, *, no_gpu: bool, apr_binary: str = APR, busy: Callable[[str], None] = lambda _: None) -> Coverage:
    """Try every subcommand that the installed apr lists, in a home and a working folder that are thrown away.

    Raises InputError for a missing model, EngineMissingError without apr, InputError for an apr that lists nothing.
    """
    files = locate(path, Wanted())
    equipped = choose(APR, tuple(Format), apr_binary).by_format[Format.SAFETENSORS]
    before = _snapshot(files)
    model = str(path.resolve() if path.is_file() else next(iter(files.artefacts.values())).path)
    with tempfile.TemporaryDirectory(prefix="apr-qa-tools-", ignore_cleanup_errors=True) as scratch:
        attempt = _Attempt(program=equipped.program, model=model, no_gpu=no_gpu, scratch=Path(scratch))
        tools = tuple(_each(_surface(attempt, equipped), attempt, busy))
    facts = equipped.facts
    return Coverage(engine=f"{facts.name} {facts.version}", model=model, tools=tools, touched=changed(before))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    program: tuple[str, ...]
    model: str
    no_gpu: bool
    scratch: Path

    def ask(self, words: tuple[str, ...], limit_s: float) -> Completed:
        command = Command(argv=(*self.program, *words), env=_ENVIRONMENT, timeout_s=limit_s)
        with tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as home:
            return run(command, workdir=Path(home), fence=fence())


def _snapshot(files: ModelFiles) -> Snapshot:
    own = [p for artefact in files.artefacts.values() for p in artefact.files]
    digests = {p.relative_to(files.root).as_posix(): sha256_file(p) for p in own if p.is_relative_to(files.root)}
    found = take_snapshot(files)
    return Snapshot(root=found.root, marks=found.marks, digests=digests)


def _surface(attempt: _Attempt, equipped: Equipped) -> list[Mapping[str, Any]]:
    done = attempt.ask(_SURFACE, _HELP_S)
    commands = (_json_of(done.stdout) or {}).get("commands")
    if not isinstance(commands, list) or not commands:
        raise InputError(
            f"apr {equipped.facts.version} does not list its subcommands (apr surface --json)",
            where=equipped.program[0],
            remedy=equipped.engine.get_it,
        )
    return [entry for entry in commands if isinstance(entry, dict) and entry.get("leaf") and _path(entry)]


def _path(entry: Mapping[str, Any]) -> tuple[str, ...]:
    path = entry.get("path")
    return tuple(path) if isinstance(path, list) and all(isinstance(word, str) for word in path) else ()


def _each(entries: list[Mapping[str, Any]], attempt: _Attempt, busy: Callable[[str], None]) -> Iterator[Tool]:
    for entry in entries:
        path = _path(entry)
        busy(f"apr {' '.join(path)}")
        reason = why_not_run(path)
        if wanted := tool_run(path):
            yield _run(path, wanted, entry, attempt)
        elif reason:
            yield Tool(name=" ".join(path), how=LEFT_ALONE, ok=True, says=reason)
        else:
            yield _help(path, attempt)


def _run(path: tuple[str, ...], wanted: ToolRun, entry: Mapping[str, Any], attempt: _Attempt) -> Tool:
    args = tuple(attempt.model if word == MODEL else word for word in wanted.args)
    gpu = ("--no-gpu",) if attempt.no_gpu and _takes(entry, "no-gpu") else ()
    done = attempt.ask((*path, *args, *gpu), _RUN_S)
    return _told(path, RUN, done, _refuted(wanted, done))


def _help(path: tuple[str, ...], attempt: _Attempt) -> Tool:
    done = attempt.ask((*path, "--help"), _HELP_S)
    return _told(path, HELP, done, "" if done.stdout.strip() else "it prints no help")


def _told(path: tuple[str, ...], how: str, done: Completed, refuted: str) -> Tool:
    failure = _failure(done) or refuted
    return Tool(
        name=" ".join(path),
        how=how,
        ok=not failure,
        says=failure,
        argv=tuple(Path(word).name if word.startswith("/") else word for word in done.argv),
        exit_status=done.exit_status,
        elapsed_s=round(done.elapsed_s, 3),
    )


def _failure(done: Completed) -> str:
    if done.stopped:
        return f"stopped: {done.stopped}"
    if done.exit_status == 0:
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    said = next((line for line in lines if "error" in line.lower() or "panicked" in line), lines[-1] if lines else "")
    how = f"signal {done.signal}" if done.signal else f"exit status {done.exit_status}"
    return f"{how}: {one_line(said, 160)}" if said else how


def _refuted(wanted: ToolRun, done: Completed) -> str:
    if "--json" not in wanted.args:
        return "" if done.stdout.strip() else "it prints nothing"
    answer = _json_of(done.stdout)
    if answer is None:
        return "it prints no JSON object"
    wrong = [f"{key} is {answer.get(key)!r}" for key, value in wanted.must.items() if answer.get(key) != value]
    return one_line(f"exit status 0, and yet {wrong[0]}") if wrong else ""


def _takes(entry: Mapping[str, Any], option: str) -> bool:
    return any(isinstance(arg, dict) and arg.get("long") == option for arg in entry.get("args") or ())


def _json_of(output: bytes) -> dict[str, Any] | None:
    text = output.decode(errors="replace")
    try:
        found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
