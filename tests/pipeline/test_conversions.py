"""Formats that are not there are made by the engine on trial, beside the cache and never in the model's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.pipeline import engines
from apr_qa.pipeline.convert import with_conversions
from apr_qa.pipeline.looking import hashed
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format

MODELS = Path(__file__).resolve().parents[2] / "models" / "tiny"
SCRIPT = f"""#!/bin/sh
case "$1" in
  --version) echo "apr 0.72.3 (9c34b9a91)";;
  devices) echo '{{"schema":"apr-devices-v1","entries":[]}}';;
  import) BREAK; cp {MODELS}/apr/model.apr "$4"; echo '{{"status":"ok"}}';;
  export) cp {MODELS}/gguf/model-f16.gguf "$6"; echo '{{"status":"ok"}}';;
esac
"""


def quiet(_doing: str) -> None:
    """Say nothing."""


def program(folder: Path, breaks: str = ":") -> Path:
    """Write a program that converts as `apr` does, by copying what the real one once made."""
    path = folder / "apr"
    path.write_text(SCRIPT.replace("BREAK", breaks))
    path.chmod(0o755)
    return path


def converted(folder: Path, breaks: str = ":") -> ModelFiles:
    """Copy the ground truth of the tiny model into `folder` and have the other formats made."""
    if not (folder / "m").exists():
        shutil.copytree(MODELS / "safetensors", folder / "m")
    files = hashed(locate(folder / "m", Wanted()), quiet)
    chosen = engines.choose("apr", tuple(Format), str(program(folder, breaks)))
    return with_conversions(files, tuple(Format), chosen, folder / "cache", quiet)


def test_apr_is_made_of_safetensors_and_gguf_of_apr(tmp_path: Path) -> None:
    """Both end up in the cache with the tokenizer beside them; the model's folder is as it was."""
    before = sorted(path.name for path in (tmp_path / "m").iterdir()) if (tmp_path / "m").exists() else None
    files = converted(tmp_path)
    assert set(files.artefacts) == set(Format)
    assert files.not_found == {}
    for form in (Format.APR, Format.GGUF):
        made = files.artefacts[form]
        assert made.path.is_relative_to(tmp_path / "cache")
        assert (made.folder / "tokenizer.json").is_file()
        assert (made.folder / "chat_template.jinja").is_file()
        assert made.made_by[0] == "apr"
    assert before in (None, sorted(path.name for path in (tmp_path / "m").iterdir()))
    assert not any(path.is_dir() for path in files.artefacts[Format.APR].folder.iterdir())


def test_what_was_made_once_is_kept(tmp_path: Path) -> None:
    """The second certification of the same files by the same engine converts nothing."""
    first, second = (
        {form: made.path.stat().st_ino for form, made in converted(tmp_path).artefacts.items()} for _ in range(2)
    )
    assert first == second
    assert len(first) == len(Format)


@pytest.mark.parametrize("breaks", ["echo 'error: no such tensor' >&2; exit 8", "exit 0"])
def test_a_conversion_that_fails_is_a_reason_not_a_crash(tmp_path: Path, breaks: str) -> None:
    """Its cells are not planned, with the engine's own words; nothing half made is kept."""
    files = converted(tmp_path, breaks)
    assert set(files.artefacts) == {Format.SAFETENSORS}
    assert "apr could not make it" in files.not_found[Format.APR]
    assert not list((tmp_path / "cache").rglob("model.*"))


def test_without_ground_truth_nothing_is_converted(tmp_path: Path) -> None:
    """A lone GGUF file is certified as it is: it is never ground truth."""
    files = hashed(locate(MODELS / "gguf" / "model-f16.gguf", Wanted()), quiet)
    chosen = engines.choose("apr", tuple(Format), str(program(tmp_path)))
    assert with_conversions(files, tuple(Format), chosen, tmp_path / "cache", quiet) == files
