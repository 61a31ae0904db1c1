"""Certifications in the registry: the one beside the evidence, and the published one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from apr_qa.catalog.models import find, known_models
from apr_qa.files import write_text
from apr_qa.pipeline.evidence_lint import lint_evidence
from apr_qa.registry.derive import TABLE, derive
from apr_qa.registry.lint import lint
from apr_qa.registry.record import make_record
from apr_qa.registry.site import site
from apr_qa.registry.store import current_table, publish, read_records, write_record
from apr_qa.vocab.catalog import KnownModel
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.score import Scorecard

PUBLISHED = Path("docs/certifications")


def note_certification(evidence: Evidence, card: Scorecard, output: Path) -> Path:
    """Record a certification in the registry of the folder `output` and return its table, `models.csv`.

    The table lists what was certified there, nothing else. Raises InputError, WorkspaceError.
    """
    write_record(output, make_record(evidence, card))
    publish(output, _facts_of(output))
    return output / TABLE


def rows(family: str = "", folder: Path = PUBLISHED) -> list[dict[str, str]]:
    """Return the rows of the published registry, or of the packaged list where there is none; those of one family.

    Raises InputError for a family that does not exist.
    """
    facts = known_models()
    records = read_records(folder) if folder.is_dir() else ()
    text = derive(records, facts, current_table(folder) if folder.is_dir() else "")[TABLE]
    wanted = {model.model for model in find(family)} if family else None
    return [row for row in csv.DictReader(io.StringIO(text)) if wanted is None or row["model_id"] in wanted]


def derive_all(folder: Path, readme: Path | None) -> tuple[Path, ...]:
    """Bring everything that is derived from the records up to date; return what changed. Raises InputError."""
    return publish(folder, known_models(), readme if readme and readme.is_file() else None)


def lint_all(folder: Path, readme: Path | None) -> tuple[str, ...]:
    """Return every contradiction between evidence, records and what is derived from them. Raises InputError."""
    found = lint(folder, known_models(), readme if readme and readme.is_file() else None)
    return (*found, *lint_evidence(folder))


def write_site(folder: Path, output: Path) -> list[Path]:
    """Write the registry's pages below `output`; return their paths. Raises InputError, WorkspaceError."""
    pages = site(read_records(folder) if folder.is_dir() else (), known_models())
    for name, text in pages.items():
        write_text(output / name, text)
    return [output / name for name in pages]


def _facts_of(folder: Path) -> tuple[KnownModel, ...]:
    """Facts about the models that `folder` has records of."""
    there = {record.model for record in read_records(folder)}
    return tuple(model for model in known_models() if model.model in there)
