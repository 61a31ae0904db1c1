"""Imports go one way, plug-ins know only the vocabulary, and few modules touch the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "apr_qa"
ROOMS = ("engines", "oracles", "gates", "reports", "mutators")
KNOWN_TO_PLUG_INS = {"vocab", "errors", "text", "weights", "truth", "contracts", "templates", "files", "stats"}
DOORS = {
    "subprocess": {"run", "ollama_host", "templates"},  # one starts Ollama beside itself, one a limited renderer
    "socket": {"run", "ollama_host"},
    "requests": {"run"},
    "huggingface_hub": {"fetch"},
    "github": {"github"},
    "yaml": {"playbook", "catalog"},
}
"""Which packages of the program may import which way out."""


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_plug_ins_know_only_the_vocabulary(room: str) -> None:
    """A plug-in imports the vocabulary, the readers of weights, and private helpers of its own room."""
    strangers = []
    for file in sorted((SRC / room).rglob("*.py")):
        for name in _imports(file):
            parts = name.split(".")
            if parts[0] != "apr_qa" or len(parts) == 1 or parts[1] in KNOWN_TO_PLUG_INS:
                continue
            if parts[1] == room and len(parts) > 2 and parts[2].startswith("_"):
                continue
            strangers.append(f"{file.relative_to(SRC)} imports {name}")
    assert strangers == []


@pytest.mark.parametrize("way_out", sorted(DOORS))
def test_the_world_is_touched_through_doors(way_out: str) -> None:
    """Processes, sockets, the Hub and GitHub are each reached from one package."""
    users = {
        file.relative_to(SRC).parts[0]
        for file in SRC.rglob("*.py")
        if any(name.split(".")[0] == way_out for name in _imports(file))
    }
    assert users - DOORS[way_out] == set()
