"""What this machine can certify: engines, memory, disk, isolation; what is missing and how to get it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apr_qa import __version__
from apr_qa.errors import EngineMissingError
from apr_qa.fetch.cache import cache_folder, free_bytes
from apr_qa.pipeline.engines import ROOM
from apr_qa.rooms import furnish
from apr_qa.run.find import equip
from apr_qa.run.machine import machine
from apr_qa.score.grade import FORMULA
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plugs import Engine, Equipped

OK, ABSENT, BROKEN, UNASKED = "ok", "-", "x", "?"
_BYTES_A_PARAMETER = 4.5
"""Weights in 16 bits, a converted copy, and the cache while it answers: a rule of thumb for the advice only."""
_LOW_DISK_BYTES = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the survey."""

    mark: str
    what: str
    says: str
    fix: str = ""


def survey(model_cache: Path | None = None, *, online: bool = False, apr_binary: str = "apr") -> list[Finding]:
    """Return what this machine can certify, a finding a line. Only with `online` is the Hub asked."""
    here = machine()
    return [
        Finding(mark=OK, what=f"apr-qa {__version__}", says=f"score formula {FORMULA}"),
        *_engines(apr_binary),
        _gpu(here),
        _memory(here),
        _disk(cache_folder(model_cache)),
        _isolation(here),
        _hub(online=online),
    ]


def _engines(apr_binary: str) -> Iterator[Finding]:
    for engine in furnish(ROOM, Engine):
        if engine.remote:
            continue
        own = apr_binary if engine.name == "apr" and apr_binary != "apr" else None
        try:
            equipped = equip(engine, program=own)
        except EngineMissingError as error:
            yield Finding(
                mark=ABSENT, what=f"engine {engine.name}", says=_shorter(error, engine.name), fix=error.remedy
            )
        else:
            yield Finding(mark=OK, what=f"engine {engine.name} {equipped.facts.version}", says=_abilities(equipped))


def _shorter(error: EngineMissingError, name: str) -> str:
    """Why an engine is absent, without its name and the remedy, which stand beside it."""
    problem = error.problem.removeprefix(f"the engine {name} is not usable: ").removeprefix(f"{name}: ")
    return problem.removesuffix(f": {error.remedy}")


def _abilities(equipped: Equipped) -> str:
    """Formats, modalities and backends in which the engine has at least one cell."""
    able = [
        Cell(format=f, backend=b, modality=m)
        for f in Format
        for b in Backend
        for m in Modality
        if not equipped.engine.supports(equipped.facts, Cell(format=f, backend=b, modality=m))
    ]
    axes = ([c.format for c in able], [c.modality for c in able], [c.backend for c in able])
    return "; ".join(", ".join(dict.fromkeys(axis)) for axis in axes)


def _gpu(here: Machine) -> Finding:
    if here.gpu:
        return Finding(mark=OK, what="gpu", says=here.gpu)
    return Finding(
        mark=ABSENT,
        what="gpu",
        says="none found: the gpu cells of a tier cannot run here",
        fix="narrow the claim with --backends cpu, or use a machine with a GPU",
    )


def _memory(here: Machine) -> Finding:
    billions = here.memory_bytes / _BYTES_A_PARAMETER / 1e9
    return Finding(
        mark=OK,
        what="memory",
        says=f"{here.memory_bytes / 1e9:.1f} GB on {here.cores} cores: models up to about {billions:.0f}B parameters",
    )


def _disk(cache: Path) -> Finding:
    free = free_bytes(cache)
    low = free < _LOW_DISK_BYTES
    return Finding(
        mark=BROKEN if low else OK,
        what="disk",
        says=f"{free / 1e9:.1f} GB free for models in {cache}",
        fix="free some space, or name another place with --model-cache" if low else "",
    )


def _isolation(here: Machine) -> Finding:
    is_open = any("not isolated" in fact for fact in here.isolation)
    fix = "allow user namespaces (in a container: --security-opt seccomp=unconfined)" if is_open else ""
    return Finding(mark=BROKEN if is_open else OK, what="isolation", says=", ".join(here.isolation), fix=fix)


def _hub(*, online: bool) -> Finding:
    if not online:
        return Finding(mark=UNASKED, what="model hub", says="not asked; --online asks it")
    from apr_qa.errors import AprQaError
    from apr_qa.fetch.hub import whoami

    token = "with a token" if os.environ.get("HF_TOKEN") else "without a token: gated models need HF_TOKEN"
    try:
        return Finding(mark=OK, what="model hub", says=f"{whoami()}; {token}")
    except AprQaError as error:
        return Finding(mark=BROKEN, what="model hub", says=error.problem, fix=error.remedy)
