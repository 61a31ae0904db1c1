"""Engines that misbehave in one way; every file of the model is healthy."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from apr_qa.mutators._planting import Apply
from apr_qa.vocab.mutators import Applied, FaultLayer, Mutator, Place

_SCRIPT = """#!/bin/sh
exec {python} -I -c 'from apr_qa.impostor.program import main; main("{fault}")' "$@"
"""
_FOLDER, _HANG_LIMIT_S = "engine", 4.0


def _impostor(fault: str) -> Apply:
    """Put a program that calls itself `apr` into a folder beside the model's."""

    def apply(folder: Path, _place: Place, _seed: int) -> Applied:
        program = folder.with_name(_FOLDER) / "apr"
        program.parent.mkdir(exist_ok=True)
        program.write_text(_SCRIPT.format(python=shlex.quote(sys.executable), fault=fault), encoding="utf-8")
        program.chmod(0o755)
        return Applied(program=f"apr={program}")

    return apply


def _engine(fault: str, summary: str, *, gateway: bool = False, timeout_s: float | None = None) -> Mutator:
    return Mutator(
        name=f"engine-{fault}",
        layer=FaultLayer.ENGINE,
        summary=summary,
        breaks="The files are healthy; what the user gets is not what they say.",
        places=(Place.ENGINE,),
        apply=_impostor(fault),
        gateway=gateway,
        timeout_s=timeout_s,
    )


HEALTHY = Mutator(
    name="engine-healthy",
    layer=FaultLayer.ENGINE,
    summary="The engine under all engine faults, misbehaving in no way: the control.",
    breaks="Nothing.",
    places=(Place.ENGINE,),
    apply=_impostor("healthy"),
    equivalent="it answers as the reference engine does",
)
MUTATORS = (
    _engine("banner", "The engine prints its banner and no answer.", gateway=True),
    _engine("nonsense", "The engine says the same soup of words to everything.", gateway=True),
    _engine("fluent", "The engine says the same fluent sentence to everything.", gateway=True),
    _engine("always-4", "The engine says 4 to everything.", gateway=True),
    _engine("empty", "The engine says nothing, and calls that a success.", gateway=True),
    _engine("one-letter", "The engine says one letter for ever.", gateway=True),
    _engine("hangs", "The engine never answers about every third question.", timeout_s=_HANG_LIMIT_S),
    _engine("crashes", "The engine panics at about every third question.", gateway=True),
    _engine("endless", "The engine ignores the token limit and repeats itself."),
    _engine("leaks", "The engine prints control tokens after the answer."),
    _engine("off-by-one", "The engine stops one token early."),
    _engine("random", "The engine samples where greedy answers are asked for."),
    _engine("other-prompt", "The engine answers another question than it was asked.", gateway=True),
    _engine("forgets", "The engine forgets the turns before the last."),
    _engine("writes", "The engine writes a file into the model's folder.", gateway=True),
    _engine("shouts", "The engine puts a banner and terminal codes before every answer."),
)
