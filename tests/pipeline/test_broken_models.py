"""Model files that are broken, harmed or unknown: a verdict or an honest `no verdict`, never a traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from apr_scripts import apr
from certifying_runs import NARROW, TINY, certify, copied

WEIGHTS = {
    "safetensors": "safetensors/model.safetensors",
    "gguf": "gguf/model-f16.gguf",
    "apr": "apr/model.apr",
}


def _truncated(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _empty(_data: bytes) -> bytes:
    return b""


def _wrong_magic(data: bytes) -> bytes:
    return b"\xff\xfe\xfd\xfc\xff\xff\xff\x7f" + data[8:]


def _text(_data: bytes) -> bytes:
    return b"<html>404 Not Found</html>"


@pytest.mark.parametrize("harm", [_truncated, _empty, _wrong_magic, _text], ids=lambda harm: harm.__name__[1:])
@pytest.mark.parametrize("form", WEIGHTS)
def test_a_broken_file_is_blocked_before_any_engine_sees_it(
    form: str, harm: Callable[[bytes], bytes], tmp_path: Path, ear: SimpleNamespace
) -> None:
    """Integrity falls with exit status 1 and the file is named; no question was asked."""
    file = tmp_path / "model" / Path(WEIGHTS[form]).name
    shutil.copytree(TINY / "safetensors", file.parent)
    (file.parent / "model.safetensors").unlink()
    file.write_bytes(harm((TINY / WEIGHTS[form]).read_bytes()))
    engine = apr(tmp_path / "bin", f"{ear.tell}\nanswer('4')")
    more = ("--formats", form, "--backends", "cpu", *NARROW)
    done = certify(str(file), "mvp", "--engine", engine, output=tmp_path / "out", more=more)
    assert (done.status, done.answer["status"], done.answer["gateways"]["G0"]) == (1, "BLOCKED", "fell")
    assert file.name in " ".join(done.lost.values())
    assert not ear.log.exists()


def test_noise_for_weights_is_blocked(tmp_path: Path) -> None:
    """The header is sound and the engine answers, but what it says is no language: the model is blocked."""
    model = copied(tmp_path, "safetensors")
    file = model / "model.safetensors"
    start = 8 + int.from_bytes(file.read_bytes()[:8], "little")
    noise = np.random.default_rng(1).normal(0, 0.05, (file.stat().st_size - start) // 2).astype(np.float32)
    halves = (noise.view(np.uint32) >> 16).astype(np.uint16)  # BF16 is the upper half of F32
    file.write_bytes(file.read_bytes()[:start] + halves.tobytes())
    done = certify(str(model), "smoke", "--engine", "reference", output=tmp_path / "out")
    assert (done.status, done.answer["status"], done.answer["mqs_score"]) == (1, "BLOCKED", 0)


@pytest.mark.parametrize(
    ("form", "name", "engine"),
    [
        ("gguf", "model-f16.gguf", "embedded"),
        ("gguf", "model-q8_0.gguf", "embedded"),
        ("apr", "model.apr", "reference"),
    ],
)
def test_noise_in_a_converted_file_is_blocked(form: str, name: str, engine: str, tmp_path: Path) -> None:
    """Only tensor data is noise; what the engine makes of it is not what the ground truth says."""
    model = tmp_path / "model"
    shutil.copytree(TINY / "safetensors", model)
    data = bytearray((TINY / form / name).read_bytes())
    place = slice(len(data) - 1_100_000, len(data) - 100_000)
    data[place] = np.random.default_rng(2).integers(0, 60, 1_000_000, dtype=np.uint8).tobytes()
    (model / f"model.{form}").write_bytes(data)
    more = ("--formats", f"safetensors,{form}", "--backends", "cpu", *NARROW)
    done = certify(str(model), "mvp", "--engine", engine, output=tmp_path / "out", more=more)
    assert (done.status, done.answer["status"]) == (1, "BLOCKED")


@pytest.mark.parametrize("word", ["reference", "apr"])
def test_an_unknown_architecture_gets_no_verdict(word: str, tmp_path: Path, answers: Path) -> None:
    """Whoever is on trial: the judge's own eye does not know it, and the reason says so; it is no broken model."""
    model = copied(tmp_path, "safetensors")
    config = json.loads((model / "config.json").read_text())
    config |= {"architectures": ["MambaForCausalLM"], "model_type": "mamba"}
    (model / "config.json").write_text(json.dumps(config))
    engine = apr(tmp_path / "bin", answers=answers) if word == "apr" else word
    done = certify(str(model), "smoke", "--engine", engine, output=tmp_path / "out")
    assert (done.status, done.answer["status"]) == (3, "PARTIAL")
    assert word == "apr" or done.lost == {}  # (the stand-in for apr has not recorded every answer)
    assert "model_type 'mamba' is not known" in done.answer["reason"]
