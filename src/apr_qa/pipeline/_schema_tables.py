"""Fields of records and files as tables: names, types and the sentences that stand under them in the source."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from apr_qa import vocab
from apr_qa.evidence import lines
from apr_qa.registry import record


def tables_of(schema: Mapping[str, Any], title: str) -> Iterator[str]:
    """Yield a heading, a sentence and a table for every object in a JSON Schema; `title` names the outermost."""
    for name, part in {title: schema, **schema.get("$defs", {})}.items():
        if "properties" in part:
            yield f"## {name}"
            yield part.get("description", "").partition("\n")[0]
            required, said = part.get("required", ()), field_docs().get(name, {})
            rows = [
                (code(key), type_of(entry), "required" if key in required else _default(entry), said.get(key, ""))
                for key, entry in part["properties"].items()
            ]
            yield table(("Key", "Takes", "Default", "Means"), rows)


@cache
def field_docs() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences under the fields of every record, by class and field."""
    names = [f"{vocab.__name__}.{entry.name}" for entry in pkgutil.iter_modules(vocab.__path__)]
    found: dict[str, Mapping[str, str]] = {}
    for module in [*map(importlib.import_module, names), lines, record]:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, dict(_said(node)))
    return found


def _said(kind: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line, after in zip(kind.body, kind.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield line.target.id, str(said)


def type_of(entry: Mapping[str, Any]) -> str:
    """Return what a property takes, in words."""
    if "$ref" in entry:
        return str(entry["$ref"]).rpartition("/")[2]
    if "enum" in entry or "const" in entry:
        return ", ".join(code(str(word)) for word in entry.get("enum", [entry.get("const")]))
    if options := entry.get("anyOf") or entry.get("oneOf"):
        return " or ".join(dict.fromkeys(type_of(option) for option in options))
    if entry.get("type") == "array":
        return f"list of {type_of(entry.get('items', {}))}"
    return str(entry.get("type", "any")) + _bounds(entry)


def _bounds(entry: Mapping[str, Any]) -> str:
    low, high = entry.get("minimum"), entry.get("maximum")
    limits = (
        f" {low if low is not None else ''}..{high if high is not None else ''}" if (low, high) != (None, None) else ""
    )
    return limits + (f" matching {code(entry['pattern'])}" if "pattern" in entry else "")


def _default(entry: Mapping[str, Any]) -> str:
    value = entry.get("default")
    return "" if value is None or isinstance(value, dict) else code(str(value))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines_ = [columns, ["---"] * len(columns), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines_)


def code(text: str) -> str:
    """Return text as a code span, if it can be one."""
    return f"`{text}`" if text and "`" not in text else text


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
