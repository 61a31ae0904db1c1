"""Every file of a checkout that has a schema, held against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.schema import schema_text as evidence_schema
from apr_qa.files import read_text
from apr_qa.pipeline.export import OTHER, SEALED, kind_of
from apr_qa.playbook.load import load_playbook
from apr_qa.playbook.schema import schema_text as playbook_schema
from apr_qa.registry.rows import parse_csv
from apr_qa.registry.store import read_record

DEFAULTS = (Path("playbooks"), Path("docs/certifications"))
_PLACES = {"MODEL_ID": "org/name", "MODEL_NAME": "name-1b", "HF_REPO": "org/name"}
_SCHEMAS: dict[str, Callable[[], str]] = {
    "playbook.schema.yaml": playbook_schema,
    "evidence.schema.json": evidence_schema,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file: what it was taken for, and what is wrong with it."""

    path: Path
    kind: str
    problem: str = ""


def check(paths: tuple[Path, ...]) -> tuple[Checked, ...]:
    """Return a line for each file at or below `paths` that has a schema. Raises InputError for a missing path."""
    return tuple(found for path in paths for file in _files(path) for found in _check(file))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    elif path.is_file():
        yield path
    else:
        raise InputError("no such file or folder", where=str(path), remedy="Name playbooks, evidence or folders.")


def _check(path: Path) -> Iterator[Checked]:
    for kind, reader in _readers(path):
        try:
            problem = reader() or ""
        except InputError as error:
            problem = str(error)
        yield Checked(path=path, kind=kind, problem=problem)


def _readers(path: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    if path.name in _SCHEMAS:
        yield "schema", lambda: "" if read_text(path, "schema") == _SCHEMAS[path.name]() else "is not up to date"
    elif path.name.endswith(".playbook.yaml"):
        yield "playbook", lambda: _nothing(load_playbook(path))
    elif path.suffix in (".yaml", ".yml") and path.parent.name == "templates":
        yield "template", lambda: _nothing(load_playbook(path, values=_PLACES))
    elif path.suffix == ".json" and "records" in path.parts:
        yield "record", lambda: _nothing(read_record(path))
    elif path.suffix == ".json" and _json_problem(path):
        yield "JSON", lambda: _json_problem(path)
    elif path.suffix == ".json" and (kind := kind_of(path)) != OTHER:
        yield "evidence" if kind == SEALED else "evidence of the original", lambda: _nothing(read_evidence(path))
    elif path.name == "models.csv":
        yield "table", lambda: _table(path)


def _nothing(_loaded: object) -> str:
    """What loads is sound: loaders are strict."""
    return ""


def _json_problem(path: Path) -> str:
    try:
        json.loads(read_text(path, "JSON file"))
    except (ValueError, RecursionError) as error:
        return f"this is no JSON: {error}"
    return ""


def _table(path: Path) -> str:
    names = [row.get("model_id", "") for row in parse_csv(read_text(path, "table of models"))]
    twice = sorted({name for name in names if names.count(name) > 1})
    return f"{twice[0]} stands there twice" if twice else "" if all(names) else "a row names no model"
