"""GGUF: what the gguf library wrote is read bit for bit, and every broken file is refused by name."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf
import numpy as np
import pytest
from weight_builders import gguf_bytes, gguf_tensor, key_value, text

from apr_qa.weights import MalformedWeights, open_weights, read_header

U32, STRING, ARRAY, BOOL = 4, 8, 9, 7
A = gguf_tensor("a", [8])
DATA = bytes(32)


def one(pair: bytes) -> bytes:
    """Return a file that is right but for its only key-value pair."""
    return gguf_bytes([pair], [A], DATA)


def tensor(entry: bytes, data: bytes = DATA) -> bytes:
    """Return a file that is right but for its only tensor."""
    return gguf_bytes([], [entry], data)


def head(version: int, tensors: int, pairs: int) -> bytes:
    """Return the first 24 bytes."""
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs)


def array(kind: int, count: int, items: bytes = b"") -> bytes:
    """Return an array value."""
    return struct.pack("<IQ", kind, count) + items


BAD: dict[str, tuple[bytes, str]] = {
    "magic alone": (b"GGUF", "version"),
    "version 1": (gguf_bytes([], [A], DATA, head=head(1, 1, 0)), "version"),
    "version 4": (gguf_bytes([], [A], DATA, head=head(4, 1, 0)), "version"),
    "big endian": (gguf_bytes([], [A], DATA, head=b"GGUF" + struct.pack(">IQQ", 3, 1, 0)), "version"),
    "no tensor": (gguf_bytes([], [], b""), "tensor count"),
    "tensor count beyond the file": (gguf_bytes([], [A], DATA, head=head(3, 1 << 60, 0)), "tensor count"),
    "key count beyond the file": (gguf_bytes([], [A], DATA, head=head(3, 1, 1 << 60)), "key-value count"),
    "counts lie within the file's size": (gguf_bytes([], [A], DATA, head=head(3, 2, 0)), "tensor name"),
    "empty key": (one(key_value("", U32, bytes(4))), "key"),
    "endless key": (one(struct.pack("<Q", 1 << 62) + bytes(40)), "key"),
    "key not UTF-8": (one(key_value(b"\xff\xfe", U32, bytes(4))), "key"),
    "duplicate key": (gguf_bytes([key_value("k", U32, bytes(4))] * 2, [A], DATA), "key"),
    "unknown value type": (one(key_value("k", 13, bytes(4))), "type of key 'k'"),
    "endless string": (one(key_value("k", STRING, struct.pack("<Q", 1 << 62))), "value of 'k'"),
    "string past the end": (one(key_value("k", STRING, struct.pack("<Q", 5000))), "value of 'k'"),
    "string not UTF-8": (one(key_value("k", STRING, text(b"\xff"))), "value of 'k'"),
    "truth value of two": (one(key_value("k", BOOL, b"\2")), "value of 'k'"),
    "array of arrays": (one(key_value("k", ARRAY, array(ARRAY, 1, array(U32, 0)))), "item type"),
    "array of unknown type": (one(key_value("k", ARRAY, array(77, 1, bytes(8)))), "item type"),
    "array of 2^40 bytes": (one(key_value("k", ARRAY, array(0, 1 << 40))), "length of 'k'"),
    "array longer than the file": (one(key_value("k", ARRAY, array(U32, 1000))), "items of 'k'"),
    "array of strings longer than the file": (one(key_value("k", ARRAY, array(STRING, 1000))), "items of 'k'"),
    "alignment of three": (one(key_value("general.alignment", U32, struct.pack("<I", 3))), "alignment"),
    "alignment of zero": (one(key_value("general.alignment", U32, bytes(4))), "alignment"),
    "alignment of 2^31": (one(key_value("general.alignment", U32, struct.pack("<I", 1 << 31))), "alignment"),
    "alignment as text": (one(key_value("general.alignment", STRING, text("32"))), "alignment"),
    "empty tensor name": (tensor(gguf_tensor("", [8])), "tensor name"),
    "tensor name of 64 bytes": (tensor(gguf_tensor("a" * 64, [8])), "tensor name"),
    "tensor name with a NUL": (tensor(gguf_tensor("a\0b", [8])), "tensor name"),
    "duplicate tensor": (gguf_bytes([], [A, gguf_tensor("a", [8], offset=32)], bytes(64)), "tensor 'a'"),
    "no dimension": (tensor(gguf_tensor("a", [])), "dimensions"),
    "five dimensions": (tensor(gguf_tensor("a", [1, 1, 1, 1, 8])), "dimensions"),
    "zero dimension": (tensor(gguf_tensor("a", [8, 0])), "dimensions"),
    "dimensions overflow": (tensor(gguf_tensor("a", [(1 << 63) - 1, 2])), "dimensions"),
    "size overflows": (tensor(gguf_tensor("a", [1 << 62])), "tensor 'a'"),
    "removed type": (tensor(gguf_tensor("a", [32], code=4)), "type of 'a'"),
    "unknown type": (tensor(gguf_tensor("a", [8], code=99)), "type of 'a'"),
    "row is no whole block": (tensor(gguf_tensor("a", [33], code=8)), "tensor 'a'"),
    "offset out of range": (tensor(gguf_tensor("a", [8], offset=(1 << 64) - 32)), "offset of 'a'"),
    "offset not aligned": (tensor(gguf_tensor("a", [8], offset=8), bytes(64)), "tensor 'a'"),
    "data past the end": (tensor(gguf_tensor("a", [9])), "tensor 'a'"),
    "hole": (gguf_bytes([], [A, gguf_tensor("b", [8], offset=64)], bytes(96)), "tensor 'b'"),
    "overlap": (gguf_bytes([], [gguf_tensor("a", [16]), gguf_tensor("b", [8], offset=32)], bytes(64)), "tensor 'b'"),
    "out of order": (gguf_bytes([], [gguf_tensor("a", [8], offset=32), gguf_tensor("b", [8])], bytes(64)), "table"),
    "trailing bytes": (tensor(A, bytes(64)), "end of the data"),
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


@pytest.mark.parametrize("version", [2, 3])
def test_both_versions_are_read(version: int, tmp_path: Path) -> None:
    """Versions 2 and 3 differ in nothing that we read."""
    file = tmp_path / "weights"
    file.write_bytes(gguf_bytes([], [A], DATA, head=head(version, 1, 0)))
    assert read_header(file).tensors["a"].shape == (8,)


def test_what_the_library_writes_is_read_bit_for_bit(tmp_path: Path) -> None:
    """Keys, reversed shapes and dequantised values of a file by the gguf library come back unchanged."""
    chance = np.random.default_rng(0)
    source = chance.standard_normal((4, 256)).astype(np.float32)
    kinds = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]
    stored = {name: gguf.quants.quantize(source, gguf.GGMLQuantizationType[name]) for name in kinds}
    writer = gguf.GGUFWriter(tmp_path / "x", "llama")
    writer.add_array("words", ["a", "b"])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_float32("real", 0.5)
    writer.add_bool("flag", True)
    for name, array_ in stored.items():
        writer.add_tensor(name, array_, raw_dtype=gguf.GGMLQuantizationType[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with open_weights(tmp_path / "x") as weights:
        assert weights.format == "gguf"
        assert weights.metadata["words"] == ("a", "b")
        assert weights.metadata["numbers"] == (1, 2, 3)
        assert weights.metadata["real"] == 0.5
        assert weights.metadata["flag"] is True
        for name, array_ in stored.items():
            assert weights.tensors[name].dtype == name.lower()
            assert weights.tensors[name].shape == (4, 256)
            wanted = gguf.quants.dequantize(array_, gguf.GGMLQuantizationType[name])
            np.testing.assert_array_equal(weights.read(name), wanted)


def test_types_agree_with_the_library() -> None:
    """Every type code that the library knows has the same name, block and size here."""
    from apr_qa.weights.dtypes import BLOCKS, GGML

    theirs = {int(kind): (kind.name.lower(), gguf.GGML_QUANT_SIZES[kind]) for kind in gguf.GGMLQuantizationType}
    ours = {code: (name, BLOCKS[name]) for code, name in GGML.items()}
    assert ours == theirs
