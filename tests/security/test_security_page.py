"""SECURITY.md promises nothing that no test proves: every row names tests, and every named test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ATTACKERS = ("pull request", "model", "runner", "engine")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(page: str) -> dict[str, list[list[str]]]:
    """Return the table of each section that has one: title to rows of cells."""
    found: dict[str, list[list[str]]] = {}
    for section in page.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        lines = [line.strip("| \n").split(" | ") for line in body.splitlines() if line.startswith("| ")]
        if lines:
            found[title] = lines[1:]
    return found


def missing(page: str) -> list[str]:
    """Return the tests that a page names and that are not there."""
    return [f"{file}::{name}" for file, name in _TEST.findall(page) if name not in _functions(ROOT / file)]


def _functions(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_every_attacker_has_a_table(attacker: str) -> None:
    """A malicious pull request, model and engine, and a compromised runner: each with at least five ways."""
    tables = {title: table for title, table in rows(PAGE).items() if attacker in title.lower()}
    assert len(tables) == 1
    assert len(next(iter(tables.values()))) >= 5


def test_every_row_names_a_test() -> None:
    """What is tried, what stops it, and what proves it."""
    for title, table in rows(PAGE).items():
        for row in table:
            assert len(row) == 3, f"{title}: {row}"
            assert _TEST.search(row[2]), f"{title}: {row[0]} has no test"


def test_every_named_test_is_there() -> None:
    """A test that is renamed or removed takes its promise along."""
    assert missing(PAGE) == []
    assert missing("`tests/security/test_security_page.py::test_that_is_not_there`") != []
    assert missing("`tests/nowhere.py::test_x`") != []
