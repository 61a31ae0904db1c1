"""Rows of APR's own quantised types, whose blocks do not follow the rows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "weights"))

from weight_builders import apr_bytes, apr_tensor

from apr_qa.weights import open_weights
from apr_qa.weights.tiles import Tiles


@pytest.mark.parametrize(("code", "size"), [(128, lambda n: -(-n // 32) * 18), (129, lambda n: 4 + n)])
@pytest.mark.parametrize("columns", [32, 40, 7])
def test_rows_of_apr_types(code: int, size: object, columns: int, tmp_path: Path) -> None:
    """Whatever the width, some rows are the rows of the whole."""
    assert callable(size)
    rows = 9
    count = size(rows * columns)
    data = bytearray(np.random.default_rng(columns).integers(0, 255, count, dtype=np.uint8).tobytes())
    if code == 128:
        for block in range(0, count, 18):
            data[block : block + 2] = np.float16(0.5).tobytes()
    else:
        data[:4] = np.float32(0.25).tobytes()
    file = tmp_path / "x.apr"
    file.write_bytes(apr_bytes([apr_tensor("w", code, [rows, columns], 0, count)], bytes(data)))
    with open_weights(file) as weights:
        whole, reader = weights.read("w"), Tiles(weights)
        np.testing.assert_array_equal(reader.rows("w", 2, 5), whole[2:5])
        np.testing.assert_array_equal(reader.chosen("w", np.array([8, 0])), whole[[8, 0]])
