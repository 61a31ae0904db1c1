"""Opening: files by their first bytes, folders by their index, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from weight_builders import apr_bytes, apr_tensor, gguf_bytes, gguf_tensor

from apr_qa.weights import MalformedWeights, open_weights, read_header

GGUF = gguf_bytes([], [gguf_tensor("a", [8])], bytes(32))
APR = apr_bytes([apr_tensor("a", 0, [8], 0, 32)], bytes(32))


def shards(folder: Path, **changes: object) -> Path:
    """Write two shards and their index into `folder`; `changes` replace parts of the index."""
    save_file({"a": np.ones(2, np.float32)}, folder / "m-1.safetensors")
    save_file({"b": np.ones(3, np.float32)}, folder / "m-2.safetensors")
    index = {"metadata": {"total_size": 20}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps({**index, **changes}))
    return folder


def test_the_magic_decides_not_the_name(tmp_path: Path) -> None:
    """GGUF bytes called .safetensors are GGUF, and APR bytes called .gguf are APR."""
    for data, name, wanted in ((GGUF, "x.safetensors", "gguf"), (APR, "x.gguf", "apr")):
        (tmp_path / name).write_bytes(data)
        assert read_header(tmp_path / name).format == wanted


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x80\x02}q\x00.", "pickle"),
        (b"FUGG\0\0\0\3", "byte-swapped"),
        (b"APRN\1\0\0\0", "version 1"),
        (b"version https://git-lfs.github.com/spec/v1", "LFS"),
        (b"nothing known at all", "no format"),
    ],
)
def test_other_files_are_refused_and_named(data: bytes, problem: str, tmp_path: Path) -> None:
    """What is not a weight file is said to be what it is."""
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(MalformedWeights, match=problem):
        read_header(tmp_path / "x")


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    """A pipe called model.gguf is refused at once."""
    os.mkfifo(tmp_path / "model.gguf")
    with pytest.raises(MalformedWeights, match="regular"):
        read_header(tmp_path / "model.gguf")


def test_a_missing_file_is_not_a_verdict(tmp_path: Path) -> None:
    """Nothing there is the user's slip, not the model's fault."""
    with pytest.raises(FileNotFoundError):
        read_header(tmp_path / "none")


def test_shards_are_joined(tmp_path: Path) -> None:
    """A folder with an index is one model, opened by the folder or by the index."""
    shards(tmp_path)
    for path in (tmp_path, tmp_path / "model.safetensors.index.json"):
        with open_weights(path) as weights:
            assert sorted(weights.tensors) == ["a", "b"]
            assert len(weights.files) == 2
            np.testing.assert_array_equal(weights.read("b"), np.ones(3, np.float32))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"weight_map": {}}, "weight_map"),
        ({"weight_map": None}, "index"),
        ({"weight_map": {"a": "m-1.safetensors"}, "metadata": {"total_size": 9}}, "total_size"),
        ({"weight_map": {"a": "m-1.safetensors", "b": "m-1.safetensors"}}, "weight_map"),
        ({"weight_map": {"a": "m-2.safetensors", "b": "m-2.safetensors"}}, "tensor 'b'|weight_map"),
        ({"weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors"}}, "tensor"),
        ({"weight_map": {"a": "m-1.safetensors", "b": "m-3.safetensors"}}, "weight_map"),
        ({"weight_map": {"a": "m-1.safetensors", "b": "../m-2.safetensors"}}, "weight_map"),
        ({"weight_map": {"a": "m-1.safetensors", "b": 2}}, "weight_map"),
        ({"weight_map": {"a": "m-1.safetensors", "b": "m-2.bin"}}, "weight_map"),
        ({"metadata": {"total_size": 21}}, "total_size"),
        ({"metadata": {"total_size": "20"}}, "total_size"),
    ],
)
def test_an_index_that_lies_is_refused(changes: dict[str, object], where: str, tmp_path: Path) -> None:
    """Index and shards must agree exactly."""
    shards(tmp_path, **changes)
    with pytest.raises(MalformedWeights) as caught:
        read_header(tmp_path)
    assert any(part in caught.value.where for part in where.split("|"))


def test_a_folder_must_hold_one_model(tmp_path: Path) -> None:
    """No file, two files, or an index beside a single file are refused."""
    with pytest.raises(MalformedWeights, match="0 weight files"):
        read_header(tmp_path)
    (tmp_path / "one.gguf").write_bytes(GGUF)
    assert read_header(tmp_path).format == "gguf"
    (tmp_path / "two.apr").write_bytes(APR)
    with pytest.raises(MalformedWeights, match="2 weight files"):
        read_header(tmp_path)
    shards(tmp_path)
    save_file({"a": np.ones(2, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(MalformedWeights, match="both"):
        read_header(tmp_path)
