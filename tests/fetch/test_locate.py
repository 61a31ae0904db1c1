"""From a path to the artefacts of one model, whatever layout the folder has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apr_qa.errors import InputError
from apr_qa.fetch.cache import cache_folder
from apr_qa.fetch.digests import digests
from apr_qa.fetch.locate import Wanted, companions, locate
from apr_qa.files import sha256_file
from apr_qa.vocab.axes import Format

MODELS = Path(__file__).resolve().parents[2] / "models"


def test_a_folder_with_a_folder_a_format() -> None:
    """All three formats are found, the shards of an index in order."""
    found = locate(MODELS / "tiny-llama", Wanted())
    assert set(found.artefacts) == set(Format)
    assert [p.name for p in found.artefacts[Format.SAFETENSORS].files] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]
    assert found.artefacts[Format.SAFETENSORS].path.name == "model.safetensors.index.json"
    assert found.model == "local/tiny-llama"
    assert found.not_found == {}


@pytest.mark.parametrize(("wish", "name"), [("q8_0", "model-q8_0.gguf"), ("f16", "model-f16.gguf")])
def test_the_quantisation_asked_for_is_taken(wish: str, name: str) -> None:
    """Of several GGUF files the one named by the playbook is certified."""
    found = locate(MODELS / "tiny", Wanted(quantizations=(wish,)))
    assert found.artefacts[Format.GGUF].path.name == name
    assert found.artefacts[Format.GGUF].quantization == wish


def test_a_single_file_names_its_format_and_folder() -> None:
    """A file is certified alone; the other formats are said not to be there."""
    found = locate(MODELS / "tiny" / "gguf" / "model-f16.gguf", Wanted())
    assert list(found.artefacts) == [Format.GGUF]
    assert set(found.not_found) == {Format.SAFETENSORS, Format.APR}


def test_a_flat_folder_is_understood(tmp_path: Path) -> None:
    """A snapshot as the Hub gives it, with an APR file beside."""
    shutil.copytree(MODELS / "tiny" / "safetensors", tmp_path / "m")
    shutil.copy(MODELS / "tiny" / "apr" / "model.apr", tmp_path / "m")
    found = locate(tmp_path / "m", Wanted())
    assert set(found.artefacts) == {Format.SAFETENSORS, Format.APR}
    assert {p.name for p in companions(found)} >= {"config.json", "tokenizer.json", "model.apr", "model.safetensors"}


@pytest.mark.parametrize("name", ["missing", "empty", "notes.txt"])
def test_what_cannot_be_certified_is_said(tmp_path: Path, name: str) -> None:
    """A missing path, an empty folder and a file of another kind each name the path and the remedy."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError) as raised:
        locate(tmp_path / name, Wanted())
    assert name in raised.value.where
    assert raised.value.remedy


def test_a_broken_index_is_left_to_the_gates(tmp_path: Path) -> None:
    """A model that exists but is broken is a verdict, so locating it does not raise."""
    shutil.copytree(MODELS / "tiny-llama" / "safetensors", tmp_path / "m")
    (tmp_path / "m" / "model.safetensors.index.json").write_text("{")
    found = locate(tmp_path / "m", Wanted(formats=(Format.SAFETENSORS,)))
    assert len(found.artefacts[Format.SAFETENSORS].files) == 2


def test_digests_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    """A changed file is hashed anew; a broken memory costs time, not correctness."""
    file, memory = tmp_path / "a.gguf", tmp_path / "memory"
    file.write_bytes(b"one")
    later = file.stat().st_mtime_ns + 10_000_000_000
    assert digests([file], memory, now_ns=later)[file] == sha256_file(file)
    assert (memory / "digests.json").is_file()
    assert digests([file], memory, now_ns=later)[file] == sha256_file(file)
    file.write_bytes(b"two")
    assert digests([file], memory, now_ns=later)[file] == sha256_file(file)
    (memory / "digests.json").write_text("[broken")
    assert digests([file], memory, now_ns=later)[file] == sha256_file(file)


def test_the_cache_folder_is_option_then_variable_then_platform(tmp_path: Path) -> None:
    """The user's word comes first."""
    assert cache_folder(tmp_path, {"APR_QA_MODEL_CACHE": "/elsewhere"}) == tmp_path
    assert cache_folder(None, {"APR_QA_MODEL_CACHE": "/elsewhere"}) == Path("/elsewhere")
    assert cache_folder(None, {}).name == "models"
