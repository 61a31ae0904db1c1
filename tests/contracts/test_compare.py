"""What a block may be off by: the envelope of its type, and half of float16's smallest step where values are tiny."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from conversions import Floats, packed

from apr_qa.contracts import compare
from apr_qa.contracts.compare import Comparison, Pairing
from apr_qa.contracts.envelopes import envelope_for
from apr_qa.contracts.recipes import Truth, recipe
from apr_qa.weights import open_weights
from apr_qa.weights.tiles import Tiles

SMALL, TINY = 0.01, 2.0**-20
"""Ordinary values of the tensor, and those of a row whose scale is below the smallest float16, so that it rounds."""


def stored(file: Path, values: Floats, dtype: str) -> Path:
    """Write `values` as the one tensor of a GGUF file."""
    writer = gguf.GGUFWriter(file, "llama")
    raw, kind = packed(values, dtype)
    writer.add_tensor("w", raw, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def compared(folder: Path, true: Floats, other: Floats) -> Comparison:
    """Return how `other`, stored as Q8_0, compares with `true`."""
    truth = stored(folder / "true.gguf", true, "f32")
    made = stored(folder / "made.gguf", other, "q8_0")
    envelope = envelope_for("q8_0", "f32")
    assert envelope is not None
    with open_weights(truth) as source, open_weights(made) as weights:
        pairing = Pairing(Truth(Tiles(source)), Tiles(weights), "w")
        return pairing.compare(recipe(["w"], true.shape, [], {}), envelope)


def matrix() -> Floats:
    """Return a matrix whose last row is tiny, as rows of rarely used tokens are."""
    values = np.random.default_rng(3).standard_normal((8, 64)).astype(np.float32) * np.float32(SMALL)
    values[-1] *= TINY / SMALL
    return values


def test_a_tiny_block_may_be_off_by_half_a_step_of_its_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scale of a tiny block rounds to a multiple of 2**-24; without that allowance a clean block would fall."""
    values = matrix()
    assert compared(tmp_path, values, values).bad_units == 0
    monkeypatch.setattr(compare, "_HALF_STEP", 0.0)
    assert compared(tmp_path, values, values).bad_rows.tolist() == [7]


@pytest.mark.parametrize(("row", "held"), [(0, 0.0), (7, 16 * TINY)])
def test_a_block_that_is_off_by_more_is_seen(row: int, held: float, tmp_path: Path) -> None:
    """An ordinary block of zeros falls, and so does a tiny one whose values are tiny still but sixteenfold."""
    values = matrix()
    other = values.copy()
    other[row, :32] = held
    seen = compared(tmp_path, values, other)
    assert seen.bad_rows.tolist() == [row]
