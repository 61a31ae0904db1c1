"""The room as a whole: every engine is found, named once, and says how to get it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from apr_qa import engines
from apr_qa.rooms import furnish
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.engines import Engine
from apr_qa.vocab.evidence import EngineFacts

ENGINES = furnish("apr_qa.engines", Engine)
FORBIDDEN = {"subprocess", "socket", "os", "requests", "pydantic", "yaml", "http", "urllib", "shutil"}


def test_the_room_holds_the_engines_of_the_design() -> None:
    """One file an engine, and no name twice; a further file is a further engine."""
    names = [engine.name for engine in ENGINES]
    assert len(set(names)) == len(names)
    assert {"apr", "llama.cpp", "mistralrs", "mlx", "ollama", "openai", "reference", "torch"} <= set(names)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.name)
def test_every_engine_can_be_found_and_got(engine: Engine) -> None:
    """It is a program, a module of ours, or somebody else's server; and a remedy is at hand when it is missing."""
    assert [bool(engine.program), bool(engine.module), engine.remote].count(True) == 1
    assert engine.get_it
    assert engine.summary.endswith(".")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.name)
def test_every_supported_cell_has_a_way_of_being_asked(engine: Engine) -> None:
    """What `supports` promises, a record backs; what it denies, it explains."""
    ways = {Modality.RUN: engine.one_shot, Modality.CHAT: engine.conversation, Modality.SERVE: engine.server}
    facts = EngineFacts(name=engine.name, version="1")
    for form in Format:
        for backend in Backend:
            for modality in Modality:
                reason = engine.supports(facts, Cell(format=form, backend=backend, modality=modality))
                assert reason or ways[modality] is not None


def test_engines_touch_nothing() -> None:
    """No engine opens files, spawns programs or talks to a network: it maps and parses."""
    for file in Path(engines.__path__[0]).glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
        assert not names & FORBIDDEN, file.name
