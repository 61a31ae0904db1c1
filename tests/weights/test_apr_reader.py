"""APR v2: headers, checksums and both native quantisations; every broken file is refused by name."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from weight_builders import apr_bytes, apr_tensor

from apr_qa.weights import MalformedWeights, open_weights, read_header

A = apr_tensor("a", 0, [2, 4], 0, 32)
DATA = bytes(32)
GOOD = apr_bytes([A], DATA)


def tensor(entry: bytes, data: bytes = DATA) -> bytes:
    """Return a file that is right but for its only tensor."""
    return apr_bytes([entry], data)


def flipped(place: int) -> bytes:
    """Return the good file with one bit turned at `place`."""
    broken = bytearray(GOOD)
    broken[place] ^= 1
    return bytes(broken)


BAD: dict[str, tuple[bytes, str]] = {
    "header cut": (GOOD[:60], "header"),
    "version 1": (apr_bytes([A], DATA, major=1), "version"),
    "version 2.1": (apr_bytes([A], DATA, minor=1), "version"),
    "header bit turned": (flipped(9), "checksum"),
    "reserved bit turned": (flipped(50), "checksum"),
    "column-major": (apr_bytes([A], DATA, flags=2048), "flags"),
    "compressed by lz4": (apr_bytes([A], DATA, flags=1024 | 1), "flags"),
    "compressed by zstd": (apr_bytes([A], DATA, flags=1024 | 2), "flags"),
    "encrypted": (apr_bytes([A], DATA, flags=1024 | 4), "flags"),
    "shard": (apr_bytes([A], DATA, flags=1024 | 16), "flags"),
    "no tensor": (apr_bytes([], b"", count=0), "tensor count"),
    "count beyond the index": (apr_bytes([A], DATA, count=1 << 31), "tensor count"),
    "one tensor too many": (apr_bytes([A], DATA, count=2), "tensor name"),
    "metadata over the limit": (apr_bytes([A], DATA, meta_size=(16 << 20) + 1), "metadata size"),
    "metadata past the end": (apr_bytes([A], DATA, meta_size=1 << 20), "metadata size"),
    "metadata elsewhere": (apr_bytes([A], DATA, meta=128), "metadata offset"),
    "metadata not JSON": (apr_bytes([A], DATA, metadata=b"{nonsense}"), "metadata"),
    "metadata a list": (apr_bytes([A], DATA, metadata=b"[]"), "metadata"),
    "metadata with a key twice": (apr_bytes([A], DATA, metadata=b'{"a":1,"a":2}'), "metadata"),
    "index not aligned": (apr_bytes([A], DATA, index=100), "index offset"),
    "data before the index": (apr_bytes([A], DATA, start=64), "index offset"),
    "data past the end": (apr_bytes([A], DATA, start=1 << 40), "data offset"),
    "empty name": (tensor(apr_tensor("", 0, [8], 0, 32)), "tensor name"),
    "long name": (tensor(apr_tensor("a" * 257, 0, [8], 0, 32)), "tensor name"),
    "path as name": (tensor(apr_tensor("../a", 0, [8], 0, 32)), "tensor name"),
    "duplicate name": (apr_bytes([A, apr_tensor("a", 0, [8], 64, 32)], bytes(96)), "tensor 'a'"),
    "unknown type": (tensor(apr_tensor("a", 77, [8], 0, 32)), "type of"),
    "nine dimensions": (tensor(apr_tensor("a", 0, [1] * 8 + [8], 0, 32)), "tensor 'a'"),
    "dimensions overflow": (tensor(apr_tensor("a", 0, [1 << 62, 4], 0, 32)), "shape of"),
    "size is not the shape's": (tensor(apr_tensor("a", 0, [9], 0, 32)), "tensor 'a'"),
    "empty tensor that is not the head": (apr_bytes([A, apr_tensor("b", 0, [8], 64, 0)], DATA), "tensor 'b'"),
    "offset not aligned": (tensor(apr_tensor("a", 0, [8], 32, 32), bytes(64)), "tensor 'a'"),
    "offset past the end": (tensor(apr_tensor("a", 0, [8], 1 << 40, 32)), "tensor 'a'"),
    "overlap": (apr_bytes([A, apr_tensor("b", 0, [8], 0, 32)], bytes(64)), "tensor 'b'"),
    "hole": (apr_bytes([A, apr_tensor("b", 0, [8], 128, 32)], bytes(160)), "tensor 'b'"),
    "trailing bytes": (GOOD + bytes(64), "end of the data"),
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


@pytest.mark.parametrize("place", [70, 200, -5, -1])
def test_a_turned_bit_is_found_by_the_footer(place: int, tmp_path: Path) -> None:
    """The header reads well, but opening compares the footer with every byte."""
    file = tmp_path / "weights"
    file.write_bytes(flipped(place % len(GOOD)))
    with pytest.raises(MalformedWeights):
        open_weights(file)


def test_a_file_without_footer_is_read_and_noted(tmp_path: Path) -> None:
    """Older writers left the footer out."""
    file = tmp_path / "weights"
    file.write_bytes(apr_bytes([A], DATA, footer=False))
    with open_weights(file) as weights:
        assert "no footer checksum" in weights.header.notes


def test_plain_types_and_the_tied_head(tmp_path: Path) -> None:
    """Floats come back as written; an empty lm_head is a placeholder, and noted."""
    values = np.arange(8, dtype=np.float32)
    bf16 = (values.view(np.uint32) >> 16).astype("<u2")
    data = values.tobytes().ljust(64, b"\0") + bf16.tobytes()
    entries = [A, apr_tensor("b", 30, [8], 64, 16), apr_tensor("lm_head.weight", 0, [2, 4], 128, 0)]
    file = tmp_path / "weights"
    file.write_bytes(apr_bytes(entries, data))
    with open_weights(file) as weights:
        np.testing.assert_array_equal(weights.read("a"), values.reshape(2, 4))
        np.testing.assert_array_equal(weights.read("b"), values)
        assert weights.tensors["lm_head.weight"].size_bytes == 0
        assert any("placeholder" in note for note in weights.header.notes)
        assert weights.metadata["model_type"] == "qwen2"


@pytest.mark.parametrize("code", [128, 8])
def test_native_q4(code: int, tmp_path: Path) -> None:
    """A block is one f16 scale and nibbles less eight, the even element low; the last block is padded."""
    nibbles = np.arange(40) % 16
    blocks = np.zeros((2, 32), dtype=np.uint8)
    blocks.ravel()[:40] = nibbles
    scales = np.array([[0.5], [2.0]], dtype="<f2")
    raw = np.hstack([scales.view(np.uint8), blocks[:, 0::2] | blocks[:, 1::2] << 4]).tobytes()
    file = tmp_path / "weights"
    file.write_bytes(apr_bytes([apr_tensor("a", code, [5, 8], 0, len(raw))], raw))
    wanted = (nibbles - 8.0) * np.repeat([0.5, 2.0], [32, 8])
    with open_weights(file) as weights:
        assert weights.tensors["a"].dtype == "apr_q4"
        np.testing.assert_array_equal(weights.read("a"), wanted.astype(np.float32).reshape(5, 8))


def test_native_q8(tmp_path: Path) -> None:
    """One f32 scale, then signed bytes."""
    raw = struct.pack("<f6b", 0.25, -128, -1, 0, 1, 2, 127)
    file = tmp_path / "weights"
    file.write_bytes(apr_bytes([apr_tensor("a", 129, [2, 3], 0, len(raw))], raw))
    with open_weights(file) as weights:
        np.testing.assert_array_equal(weights.read("a"), np.array([[-32, -0.25, 0], [0.25, 0.5, 31.75]], np.float32))
