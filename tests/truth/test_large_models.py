"""Memory is that of one layer, whatever the size of the model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import forward


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where a large model is made; it does not outlive its test."""
    return tmp_path / "model"


def _peak(folder: Path, layers: int, hidden: int, width: int) -> tuple[float, int]:
    """Return the peak memory of judging a model made for it, and the bytes of its weights."""
    forward.make(folder, layers, hidden, width)
    file = folder / "model.safetensors"
    size = file.stat().st_size
    try:
        found = forward.in_child(folder, 32)
    finally:
        file.unlink()
    assert found["positions"] == 32
    assert found["kld_mean"] == 0
    return found["peak_bytes"], size


def test_a_model_of_2_gb_is_judged_in_less_than_it_weighs(folder: Path) -> None:
    """Ground truth and a file held against it, both of 2 GB, under 1.5 GB of resident memory."""
    peak, size = _peak(folder, 13, 2048, 8192)
    assert size > 2.0e9
    assert peak < 1.5e9


def test_more_layers_want_no_more_memory(tmp_path: Path) -> None:
    """A model of many layers takes about what one of few takes; held whole it would take several times as much."""
    few, small = _peak(tmp_path / "few", 2, 1024, 4096)
    many, large = _peak(tmp_path / "many", 12, 1024, 4096)
    assert large > 2 * small
    assert many < 1.15 * few
