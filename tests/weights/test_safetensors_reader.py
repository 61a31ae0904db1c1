"""SafeTensors: what a library wrote is read bit for bit, and every broken file is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from weight_builders import entry, safetensors_bytes

from apr_qa.weights import MalformedWeights, open_weights, read_header

ONE = {"a": entry("F32", [2], 0, 8)}
BAD: dict[str, tuple[bytes, str]] = {
    "cut in the length": (b"\x08\0\0", "magic"),
    "length over the file": (safetensors_bytes(ONE, bytes(8), length=1 << 20), "header length"),
    "length over the limit": (safetensors_bytes(ONE, bytes(8), length=1 << 62), "header length"),
    "length of one": (safetensors_bytes(b"{}", b"", length=1), "header length"),
    "not JSON": (safetensors_bytes(b"{nonsense}"), "header"),
    "not UTF-8": (safetensors_bytes(b'{"\xff":1}'), "header"),
    "NaN in the header": (safetensors_bytes(b'{"a":NaN}'), "header"),
    "nested without end": (safetensors_bytes(b'{"a":' + b"[" * 200_000), "header"),
    "duplicate tensor": (
        safetensors_bytes(
            b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
            bytes(8),
        ),
        "header",
    ),
    "duplicate field": (
        safetensors_bytes(b'{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
        "header",
    ),
    "no tensor": (safetensors_bytes({}), "header"),
    "metadata not text": (safetensors_bytes({**ONE, "__metadata__": {"a": 1}}, bytes(8)), "__metadata__"),
    "metadata a list": (safetensors_bytes({**ONE, "__metadata__": []}, bytes(8)), "__metadata__"),
    "entry not an object": (safetensors_bytes({"a": 1}), "tensor 'a'"),
    "field missing": (safetensors_bytes({"a": {"dtype": "F32", "shape": [2]}}, bytes(8)), "tensor 'a'"),
    "field too many": (safetensors_bytes({"a": {**ONE["a"], "more": 1}}, bytes(8)), "tensor 'a'"),
    "unknown dtype": (safetensors_bytes({"a": entry("F7", [2], 0, 8)}, bytes(8)), "dtype"),
    "dtype in lower case": (safetensors_bytes({"a": entry("f32", [2], 0, 8)}, bytes(8)), "dtype"),
    "shape with a fraction": (safetensors_bytes({"a": {**ONE["a"], "shape": [2.0]}}, bytes(8)), "shape"),
    "shape negative": (safetensors_bytes({"a": entry("F32", [-2], 0, 8)}, bytes(8)), "shape"),
    "shape a truth value": (safetensors_bytes({"a": entry("U8", [True], 0, 1)}, bytes(1)), "shape"),
    "shape overflows": (safetensors_bytes({"a": entry("F32", [1 << 62, 4], 0, 8)}, bytes(8)), "shape"),
    "shape of many dimensions": (safetensors_bytes({"a": entry("F32", [1] * 99, 0, 4)}, bytes(4)), "shape"),
    "offsets reversed": (safetensors_bytes({"a": entry("F32", [2], 8, 0)}, bytes(8)), "data_offsets"),
    "offsets past the end": (safetensors_bytes({"a": entry("F32", [2], 0, 8)}, bytes(7)), "data_offsets"),
    "three offsets": (safetensors_bytes({"a": {**ONE["a"], "data_offsets": [0, 4, 8]}}, bytes(8)), "data_offsets"),
    "size is not the shape's": (safetensors_bytes({"a": entry("F32", [3], 0, 8)}, bytes(8)), "tensor 'a'"),
    "half a byte": (safetensors_bytes({"a": entry("F4", [3], 0, 2)}, bytes(2)), "shape"),
    "hole": (
        safetensors_bytes({"a": entry("U8", [2], 0, 2), "b": entry("U8", [2], 3, 5)}, bytes(5)),
        "tensor 'b'",
    ),
    "hole at the front": (safetensors_bytes({"a": entry("U8", [2], 1, 3)}, bytes(3)), "tensor 'a'"),
    "overlap": (
        safetensors_bytes({"a": entry("U8", [3], 0, 3), "b": entry("U8", [3], 2, 5)}, bytes(5)),
        "tensor 'b'",
    ),
    "trailing bytes": (safetensors_bytes(ONE, bytes(9)), "end of the data"),
    "empty name": (safetensors_bytes({"": entry("U8", [1], 0, 1)}, bytes(1)), "tensor ''"),
    "path as name": (safetensors_bytes({"../../x": entry("U8", [1], 0, 1)}, bytes(1)), "tensor"),
    "absolute path as name": (safetensors_bytes({"/etc/x": entry("U8", [1], 0, 1)}, bytes(1)), "tensor"),
    "space before the name": (safetensors_bytes({" a": entry("U8", [1], 0, 1)}, bytes(1)), "tensor"),
    "control character in the name": (safetensors_bytes({"a\x1b[2J": entry("U8", [1], 0, 1)}, bytes(1)), "tensor"),
    "half a character in the name": (safetensors_bytes({"a\ud800": entry("U8", [1], 0, 1)}, bytes(1)), "tensor"),
    "endless name": (safetensors_bytes({"a" * 2000: entry("U8", [1], 0, 1)}, bytes(1)), "tensor"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_file_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """The refusal says where the fault is, in one printable line."""
    data, where = BAD[name]
    file = tmp_path / "weights"
    file.write_bytes(data)
    with pytest.raises(MalformedWeights) as caught:
        read_header(file)
    assert where in caught.value.where
    assert caught.value.problem
    assert str(caught.value).isprintable()


def test_what_the_library_writes_is_read_bit_for_bit(tmp_path: Path) -> None:
    """Shapes, types, metadata and values of a file by the safetensors library come back unchanged."""
    chance = np.random.default_rng(0)
    arrays = {
        "a.weight": chance.standard_normal((3, 5)).astype(np.float32),
        "b": chance.standard_normal(7).astype(np.float16),
        "c": np.arange(4, dtype=np.int64),
        "empty": np.empty((0, 3), dtype=np.float32),
        "scalar": np.array(2.5, dtype=np.float64),
    }
    save_file(arrays, tmp_path / "x", metadata={"format": "pt"})
    with open_weights(tmp_path / "x") as weights:
        assert weights.metadata == {"format": "pt"}
        assert {name: info.shape for name, info in weights.tensors.items()} == {n: a.shape for n, a in arrays.items()}
        for name, array in arrays.items():
            assert weights.raw(name).tobytes() == array.tobytes()
            np.testing.assert_array_equal(weights.read(name), array.astype(np.float32))


def test_sixteen_and_eight_bit_floats(tmp_path: Path) -> None:
    """BF16 and both FP8 types decode to the numbers their bits mean."""
    bf16 = np.array([1.0, -2.5, np.inf], dtype=np.float32).view(np.uint32) >> 16
    data = bf16.astype("<u2").tobytes() + bytes([0x38, 0xB8, 0x7F]) + bytes([0x3C, 0x7C, 0xBC])
    header = {
        "bf": entry("BF16", [3], 0, 6),
        "e4": entry("F8_E4M3", [3], 6, 9),
        "e5": entry("F8_E5M2", [3], 9, 12),
    }
    (tmp_path / "x").write_bytes(safetensors_bytes(header, data))
    with open_weights(tmp_path / "x") as weights:
        np.testing.assert_array_equal(weights.read("bf"), np.array([1.0, -2.5, np.inf], np.float32))
        np.testing.assert_array_equal(weights.read("e4"), np.array([1.0, -1.0, np.nan], np.float32))
        np.testing.assert_array_equal(weights.read("e5"), np.array([1.0, np.inf, -1.0], np.float32))


def test_a_type_known_by_size_only_is_not_read_as_numbers(tmp_path: Path) -> None:
    """Packed 4-bit floats pass the header check and are refused by name when values are asked for."""
    (tmp_path / "x").write_bytes(safetensors_bytes({"a": entry("F4", [4], 0, 2)}, bytes(2)))
    with open_weights(tmp_path / "x") as weights, pytest.raises(MalformedWeights, match="f4"):
        weights.read("a")
