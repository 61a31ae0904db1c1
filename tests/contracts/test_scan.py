"""The one pass over a tensor finds what NumPy finds in float64, whatever the type and the place of the tiles."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conversions import DTYPES, MODELS, clean, harmed, write
from hypothesis import given, settings
from hypothesis import strategies as st

from apr_qa.contracts import scan as scanning
from apr_qa.contracts.scan import scan, signs
from apr_qa.weights import open_weights, tiles
from apr_qa.weights.tiles import Tiles, matrix_shape, spans


@pytest.mark.parametrize("dtype", ["bf16", *DTYPES])
def test_statistics_are_those_of_the_values(dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments, extrema, norms and sketches, over tiles of a few rows."""
    monkeypatch.setattr(tiles, "TILE_ELEMENTS", 5 * 256)
    file = harmed(tmp_path / "model.gguf", "tiny", lambda _tensors: None, dtype)
    with open_weights(file) as weights:
        for name in ("blk.0.attn_q.weight", "blk.1.ffn_norm.weight", "token_embd.weight"):
            found = scan(Tiles(weights), name)
            values = weights.read(name).astype(np.float64).reshape(matrix_shape(weights.tensors[name].shape))
            assert found.count == values.size
            assert found.nonfinite == 0
            assert (found.low, found.high) == (values.min(), values.max())
            np.testing.assert_allclose((found.mean, found.std), (values.mean(), values.std()), rtol=1e-4, atol=1e-7)
            np.testing.assert_allclose(found.row_squares, np.square(values).sum(axis=1), rtol=1e-5)
            np.testing.assert_allclose(found.column_squares, np.square(values).sum(axis=0), rtol=1e-5)
            drawn = signs(*values.shape)
            exact = np.einsum("ik,ij,jk->k", drawn.rows.astype(np.float64), values, drawn.columns)
            np.testing.assert_allclose(found.sketches, exact[1:], atol=1e-4 * found.norm)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16"])
def test_values_that_are_no_numbers_are_counted_and_left_out(bad: float, dtype: str, tmp_path: Path) -> None:
    """One such value does not spoil the statistics of the others."""

    def harm(tensors: dict[str, np.ndarray]) -> None:
        tensors["blk.0.attn_q.weight"][3, 4:6] = bad

    file = harmed(tmp_path / "model.gguf", "tiny", harm, dtype)
    with open_weights(file) as weights:
        found = scan(Tiles(weights), "blk.0.attn_q.weight")
    assert found.nonfinite == 2
    assert np.isfinite([found.mean, found.std, found.low, found.high, found.norm]).all()
    assert np.isfinite(found.sketches).all()


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["plus", "minus", "both"]), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_extrema_hold_for_any_signs(rows: int, columns: int, kind: str, seed: int) -> None:
    """All positive, all negative or mixed: the extrema read off the bits are the extrema."""
    values = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    values = {"plus": np.abs(values), "minus": -np.abs(values), "both": values}[kind]
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = write(Path(folder) / "x.gguf", {"w": values}, "f16")
        with open_weights(file) as weights:
            found, read = scan(Tiles(weights), "w"), weights.read("w")
    assert (found.low, found.high) == (read.min(), read.max())


def test_the_digest_is_that_of_the_stored_bytes() -> None:
    """Taken tile by tile, of matrices and vectors, whatever their type."""
    for path in (MODELS / "tiny" / "safetensors", MODELS / "tiny" / "gguf" / "model-q8_0.gguf"):
        with open_weights(path) as weights:
            for name in weights.tensors:
                whole = hashlib.sha256(weights.raw(name).data).hexdigest()
                assert scan(Tiles(weights), name, hasher=hashlib.sha256()).digest == whole
                assert scan(Tiles(weights), name).digest == ""


def test_what_was_read_does_not_stay_in_memory(tmp_path: Path) -> None:
    """A scan of 400 MB adds much less than that to the memory of its process."""
    file = tmp_path / "x.safetensors"
    count = 200_000_000
    header = json.dumps({"w": {"dtype": "BF16", "shape": [count // 4000, 4000], "data_offsets": [0, 2 * count]}})
    with file.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header.encode())
        stream.truncate(8 + len(header) + 2 * count)
    code = (
        "import sys; from pathlib import Path; from apr_qa.contracts.scan import scan;"
        "from apr_qa.weights import open_weights; from apr_qa.weights.tiles import Tiles;"
        "status = lambda: Path('/proc/self/status').read_text().split('VmHWM:')[1];"
        "peak = lambda: int(status().split()[0]) // 1024;"
        "weights = open_weights(Path(sys.argv[1])); before = peak(); found = scan(Tiles(weights), 'w');"
        "print(before, peak(), found.count)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    before, after, seen = map(int, done.stdout.split())
    assert seen == count
    assert after - before < 100


def test_signs_are_the_same_everywhere() -> None:
    """A fingerprint written on one machine is checked on another: the draw is pinned."""
    assert scanning._signs(4, 1)[:, 1:].astype(int).tolist() == PINNED
    drawn = signs(4000, 10).rows[:, 1:]
    assert abs(float(drawn.mean())) < 0.03


def test_tiles_cover_every_row_once() -> None:
    """Also where one row is larger than a tile."""
    for rows, columns in ((1, 1 << 20), (7, 100_000), (1000, 3), (0, 5)):
        covered = [r for start, stop in spans(rows, columns) for r in range(start, stop)]
        assert covered == list(range(rows))


@pytest.mark.parametrize("dtype", ["f32", "bf16", *DTYPES])
def test_rows_are_those_of_the_whole_tensor(dtype: str, tmp_path: Path) -> None:
    """Decoding some rows gives the rows of decoding all."""
    file = write(tmp_path / "x.gguf", {"w": np.array(clean("tiny")["blk.0.ffn_up.weight"])}, dtype)
    with open_weights(file) as weights:
        reader, whole = Tiles(weights), weights.read("w")
        np.testing.assert_array_equal(reader.rows("w", 5, 9), whole[5:9])
        np.testing.assert_array_equal(reader.chosen("w", np.array([7, 3, 3])), whole[[7, 3, 3]])


PINNED = [[1, 1, 1, -1, -1, 1, 1], [-1, 1, 1, -1, 1, -1, -1], [1, -1, 1, 1, 1, -1, 1], [-1, 1, 1, 1, 1, 1, -1]]
