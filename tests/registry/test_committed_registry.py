"""The registry in this repository is what its records say."""

from __future__ import annotations

from pathlib import Path

from apr_qa.catalog.models import known_models
from apr_qa.registry.lint import lint
from apr_qa.registry.store import read_records

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "certifications"


def test_the_committed_registry_is_without_contradiction() -> None:
    """After a change of the list of models, publish again."""
    assert lint(FOLDER, known_models()) == ()


def test_no_model_is_certified_without_a_record() -> None:
    """A row that is not PENDING has a record behind it."""
    recorded = {record.model for record in read_records(FOLDER)}
    rows = (FOLDER / "models.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert {row.split(",")[0] for row in rows if ",PENDING," not in row} <= recorded
