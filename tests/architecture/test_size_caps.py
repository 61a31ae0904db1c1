"""The house keeps small rooms: the tail is what spoils a codebase."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 250
FUNCTION_LINES = 40
TEST_FUNCTION_LINES = 50


def _modules(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def _functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "bench"])
def test_no_file_is_over_the_cap(folder: str) -> None:
    """No Python file has more than 250 lines."""
    sizes = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in _modules(folder)}
    assert {str(f.relative_to(ROOT)): n for f, n in sizes.items() if n > FILE_LINES} == {}


def test_no_function_is_over_the_cap() -> None:
    """No function of the program has more than 40 lines, none of a test more than 50."""
    ours = {name: n for file in _modules("src", "tools", "bench") for name, n in _functions(file) if n > FUNCTION_LINES}
    tests = {name: n for file in _modules("tests") for name, n in _functions(file) if n > TEST_FUNCTION_LINES}
    assert ours | tests == {}


def test_every_module_says_what_it_is_for() -> None:
    """Each module of the program begins with a docstring."""
    silent = [f for f in _modules("src") if not ast.get_docstring(ast.parse(f.read_text(encoding="utf-8")))]
    assert silent == []


def test_names_of_test_files_are_unique() -> None:
    """A test file's name tells what it tests, so no two are equal."""
    names = [file.name for file in _modules("tests") if file.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
