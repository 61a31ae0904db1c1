"""Make the converters of `tools/` importable, and compute each ground truth once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from apr_qa.truth.measure import Truth, truth_of

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the folder of the shipped models."""
    return ROOT / "models"


@pytest.fixture(scope="session")
def short_truth(models: Path) -> Truth:
    """Return the ground truth of `tiny` on the first few hundred positions."""
    return truth_of(models / "tiny" / "safetensors" / "model.safetensors", 400)
