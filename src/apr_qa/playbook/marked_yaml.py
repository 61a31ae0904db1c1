"""YAML read with the line of every value, with limits, and with the plain scalars of YAML 1.2.

The usual loader follows YAML 1.1, where `1e-5` is a text and `on` is a truth value; and it takes the last of two equal
keys without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 24
MAX_NODES = 50_000

Path = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MAX_DIGITS = 18
_PLAIN_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong at one place of the file."""

    line: int
    """From 1; 0 when there is no place."""
    path: str
    """Dotted: `oracles[2].type`; empty for the whole file."""
    problem: str


@dataclass(slots=True, kw_only=True)
class Marked:
    """Plain values, the line on which each begins, and the faults found on the way."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of the nearest place above it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: Path) -> str:
    """Return `a.b[2].c` for ("a", "b", 2, "c")."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def read_marked(text: str) -> Marked:
    """Return the values of one YAML document. What is wrong with it is in `faults`; nothing is raised."""
    marked = Marked()
    if problem := _too_much(text):
        marked.faults.append(Fault(line=0, path="", problem=problem))
        return marked
    try:
        if fault := _first_excess(text):
            marked.faults.append(fault)
            return marked
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        marked.faults.append(_not_yaml(error))
        return marked
    except yaml.YAMLError as error:
        marked.faults.append(Fault(line=0, path="", problem=f"not readable as YAML: {error}".splitlines()[0]))
        return marked
    if root is not None:
        marked.value = _value(root, (), marked)
    return marked


def _too_much(text: str) -> str:
    size = len(text.encode())
    return f"{size} bytes are too much for a playbook (at most {MAX_BYTES})" if size > MAX_BYTES else ""


def _first_excess(text: str) -> Fault | None:
    """Walk the flat event stream first: a deeply nested document would exhaust the stack of any tree builder."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        line = _line(event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return Fault(line=line, path="", problem=f"nested deeper than {MAX_DEPTH} levels")
        if count > MAX_NODES:
            return Fault(line=line, path="", problem=f"more than {MAX_NODES} values")
        if isinstance(event, yaml.AliasEvent):
            return Fault(line=line, path="", problem=f"aliases (*{event.anchor}) are not read: write the value out")
    return None


def _not_yaml(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    return Fault(line=_line(mark), path="", problem=f"not readable as YAML: {error.problem}")


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 0


def _value(node: yaml.Node, path: Path, marked: Marked) -> Any:
    marked.lines.setdefault(path, node.start_mark.line + 1)
    if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.rpartition(":")[2] not in _PLAIN_TAGS:
        _fault(marked, path, f"the tag {node.tag} is not read: write a plain value")
    if isinstance(node, yaml.MappingNode):
        return dict(_entries(node, path, marked))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), marked) for i, item in enumerate(node.value)]
    return node.value if getattr(node, "style", None) else _scalar(node.value)


def _entries(node: yaml.MappingNode, path: Path, marked: Marked) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            marked.faults.append(Fault(line=line, path=dotted(path), problem="a key must be a plain word"))
            continue
        key = key_node.value
        here = (*path, key)
        if key in seen:
            problem = f"this key stands twice (first on line {seen[key]})"
            marked.faults.append(Fault(line=line, path=dotted(here), problem=problem))
            continue
        seen[key] = marked.lines[here] = line
        yield key, _value(value_node, here, marked)


def _fault(marked: Marked, path: Path, problem: str) -> None:
    marked.faults.append(Fault(line=marked.line(path), path=dotted(path), problem=problem))


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) <= _MAX_DIGITS:
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    return text
