"""Evidence into the registry; and what kind of file a file of evidence is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apr_qa.catalog.models import known_models
from apr_qa.errors import InputError
from apr_qa.evidence.seal import OPENING
from apr_qa.files import read_text, write_text
from apr_qa.pipeline.rescore import rescore
from apr_qa.registry.derive import TABLE, derive
from apr_qa.registry.record import make_record
from apr_qa.registry.store import current_table, publish, read_records, write_record

SEALED, ORIGINAL, OTHER = "sealed", "of the original", "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What became of a folder of evidence."""

    table: Path
    records: tuple[Path, ...]
    passed_over: Mapping[Path, str]
    """Files that are no sealed evidence, with the reason."""


def to_registry(folder: Path, table: Path, *, rejudge: bool = False) -> Exported:
    """Judge all sealed evidence below `folder` into records beside `table`, and derive the table from all records.

    Nothing is written when any of it cannot be read or was changed. Raises InputError, WorkspaceError.
    """
    if not folder.is_dir():
        raise InputError("no such folder of evidence", where=str(folder), remedy="Name one: --evidence-dir DIR.")
    kinds = {path: kind_of(path) for path in sorted(folder.rglob("*.json")) if not _is_record(path, folder)}
    scored = [rescore(path, rejudge=rejudge) for path, kind in kinds.items() if kind == SEALED]
    records = [make_record(found.evidence, found.scorecard) for found in scored]
    home = table.parent
    written = tuple(write_record(home, record) for record in records)
    if table.name == TABLE:
        publish(home, known_models())
    else:
        write_text(table, derive(read_records(home), known_models(), current_table(home))[TABLE])
    reasons = {ORIGINAL: "evidence of the original: apr-qa import-legacy judges it", OTHER: "no evidence"}
    return Exported(
        table=table,
        records=written,
        passed_over={path: reasons[kind] for path, kind in kinds.items() if kind != SEALED},
    )


def kind_of(path: Path) -> str:
    """Return whether a JSON file is sealed evidence, evidence of the original, or something else."""
    with path.open("rb") as stream:
        if stream.readline() == OPENING:
            return SEALED
    try:
        document = json.loads(read_text(path, "JSON file"))
    except (ValueError, RecursionError, InputError):
        return OTHER
    if isinstance(document, dict):
        if {"schema_version", "run", "records", "seal"} <= document.keys():
            return SEALED
        document = document.get("evidence")
    if document == [] and path.name == "evidence.json":
        return ORIGINAL
    return ORIGINAL if document and isinstance(document, list) and _are_records(document) else OTHER


def _are_records(items: list[Any]) -> bool:
    return all(isinstance(item, dict) and {"gate_id", "outcome", "scenario"} <= item.keys() for item in items)


def _is_record(path: Path, folder: Path) -> bool:
    """The registry's own records, where the registry's folder is given as a whole."""
    return path.relative_to(folder).parts[0] == "records"
