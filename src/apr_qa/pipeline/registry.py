"""The row of a certification in the registry beside the evidence."""

from __future__ import annotations

from pathlib import Path

from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.score import Scorecard


def note_certification(evidence: Evidence, card: Scorecard, path: Path, output: Path) -> Path:
    """Not yet."""
    del evidence, card, path
    return output / "models.csv"
