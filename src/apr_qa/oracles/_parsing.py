"""Does a piece of code parse? Python by `ast`, the others by tree-sitter grammars."""

from __future__ import annotations

import ast
import importlib
import textwrap
import warnings
from functools import cache

import tree_sitter

from apr_qa.errors import InputError

_GRAMMARS = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
CHECKED = ("python", *_GRAMMARS)
_LONGEST = 50_000


def problem_in(code: str, language: str) -> str:
    """Return why `code` is no program of `language`, with its line; empty when it parses. Raises InputError."""
    if language not in CHECKED:
        raise InputError(f"no parser for '{language}'", remedy=f"use one of: {', '.join(CHECKED)}")
    if len(code) > _LONGEST:
        return f"the code is longer than {_LONGEST} characters"
    return _python_problem(code) if language == "python" else _tree_problem(code, language)


def _python_problem(code: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `"\d"` warns, and is Python
            tree = ast.parse(textwrap.dedent(code))
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"Python cannot read it: {error}"
    return "" if tree.body else "there is no statement in it"


@cache
def _parser(language: str) -> tree_sitter.Parser:
    module, function = _GRAMMARS[language]
    return tree_sitter.Parser(tree_sitter.Language(getattr(importlib.import_module(module), function)()))


def _tree_problem(code: str, language: str) -> str:
    root = _parser(language).parse(code.encode("utf-8", "replace")).root_node
    if not root.has_error:
        return "" if root.named_child_count else "there is no statement in it"
    node = _first_error(root)
    what = f"'{node.type}' is missing" if node.is_missing else "a syntax error"
    return f"line {node.start_point.row + 1}: {what}"


def _first_error(root: tree_sitter.Node) -> tree_sitter.Node:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            return node
        waiting.extend(reversed([child for child in node.children if child.has_error]))
    return root


def without_cut_line(code: str, language: str) -> str:
    """Return `code` less its last line, with what that leaves open closed; empty when too little is left.

    A limit of tokens cuts answers anywhere. What stands before the cut has to hold a whole statement of a body.
    """
    lines = code.rstrip().split("\n")[:-1]
    while lines and (not lines[-1].strip() or lines[-1].rstrip().endswith(":")):
        lines.pop()
    if len(lines) < 2:
        return ""
    closers = "" if language == "python" else _closers("\n".join(lines))
    return "\n".join(lines) + (f"\n{closers}" if closers else "")


def _closers(code: str) -> str:
    waiting: list[str] = []
    for char in code:
        if char in "([{":
            waiting.append({"(": ")", "[": "]", "{": "}"}[char])
        elif waiting and char == waiting[-1]:
            waiting.pop()
    return "".join(reversed(waiting))
