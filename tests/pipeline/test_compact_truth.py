"""What a ground truth can be held to: computed where it is cheap, told by a compact baseline where it is not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apr_qa.fetch.locate import Wanted, companions, locate
from apr_qa.files import sha256_file
from apr_qa.gates import _draw
from apr_qa.pipeline.standing import Standing, standing
from apr_qa.rooms import by_name
from apr_qa.truth.compact import take
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome, Verdict

TINY = Path(__file__).resolve().parents[2] / "models" / "tiny"
HERE = Machine(os="linux", arch="x86_64", cpu="", cores=2, memory_bytes=4 << 30)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of the tiny model."""
    shutil.copytree(TINY, tmp_path / "tiny")
    return tmp_path / "tiny"


def hashed(root: Path) -> ModelFiles:
    files = locate(root, Wanted(quantizations=("q8_0",)))
    return replace(files, digests={p.relative_to(root).as_posix(): sha256_file(p) for p in companions(files)})


def stand(root: Path, cache: Path, here: Machine = HERE) -> Standing:
    """Return the standing of a model whose passes all count as costly."""
    return standing(hashed(root), here, cache, worth_minutes=0)


def judge(files: ModelFiles) -> Verdict:
    gate = by_name("apr_qa.gates", Gate, "F-CONTRACT-I1-001")
    assert gate is not None
    return gate.judge(_draw.claim(gate.spec, Subject(format=Format.GGUF)), Exhibits(files=files))


def too_large(files: ModelFiles) -> ModelFiles:
    """Return the files on a machine where the ground truth cannot be computed."""
    assert files.compact is not None
    return replace(files, compact=replace(files.compact, instead="the ground truth is too large"))


def test_a_cheap_ground_truth_is_computed_in_every_run(root: Path, tmp_path: Path) -> None:
    """Nothing is kept for the tiny models, whose passes take seconds."""
    found = standing(hashed(root), HERE, tmp_path / "cache")
    assert found.files.compact is None
    assert not found.forward
    assert all(0 < minutes < 1 for minutes in found.minutes.values())
    assert set(found.minutes) == set(Format)


def test_a_costly_one_is_kept_and_a_later_run_goes_by_it(root: Path, tmp_path: Path) -> None:
    """The first run computes and keeps; the next one judges without the ground truth, even with its weights gone."""
    first = stand(root, tmp_path / "cache")
    assert Format.SAFETENSORS in first.minutes
    assert "baseline" not in judge(first.files).detail
    later = stand(root, tmp_path / "cache")
    assert Format.SAFETENSORS not in later.minutes
    verdict = judge(too_large(later.files))
    assert verdict.outcome is Outcome.CORROBORATED, verdict
    assert verdict.detail["baseline"] == later.files.compact.key  # type: ignore[union-attr]
    (root / "gguf" / "model-q8_0.gguf").write_bytes(_turned(root / "gguf" / "model-q8_0.gguf"))
    verdict = judge(too_large(stand(root, tmp_path / "cache").files))
    assert verdict.outcome is Outcome.FALSIFIED, verdict
    assert "nats" in verdict.reason


def _turned(file: Path) -> bytes:
    """Return a GGUF file with another base of its rotary embedding."""
    old, new = (np.float32(base).tobytes() for base in (250000.0, 10000.0))
    return file.read_bytes().replace(old, new, 1)


def test_another_model_or_other_texts_ask_for_another_baseline(root: Path, tmp_path: Path) -> None:
    """One byte of weights, tokenizer or config, and the key is another: a stale baseline is never found."""
    keys = {stand(root, tmp_path).files.compact.key}  # type: ignore[union-attr]
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        file = root / "safetensors" / name
        file.write_bytes(file.read_bytes()[:-1] + b" ")
        changed = replace(hashed(root))
        keys.add(_key(changed))
    assert len(keys) == 4


def _key(files: ModelFiles) -> str:
    from apr_qa.truth.compact import key_of

    return key_of(files)


@pytest.mark.parametrize("harm", ["absent", "stale", "tampered"])
def test_one_that_does_not_belong_is_refused(root: Path, tmp_path: Path, harm: str) -> None:
    """Without a ground truth to compute the claim is then unjudged, and says why; with one it is computed anew."""
    files = stand(root, tmp_path / "cache").files
    assert files.compact is not None
    if harm != "absent":
        judge(files)
    if harm == "stale":
        files = replace(files, compact=replace(files.compact, key="0" * 64))
    elif harm == "tampered":
        with np.load(files.compact.place) as held:
            arrays = dict(held)
        np.savez_compressed(files.compact.place, **{**arrays, "logits": arrays["logits"] + np.float32(1)})
    verdict = judge(too_large(files))
    assert verdict.outcome is Outcome.UNJUDGED, verdict
    said = {"absent": "cannot be read", "stale": "other files", "tampered": "seal"}[harm]
    assert said in verdict.reason
    assert judge(files).outcome is Outcome.CORROBORATED
    assert take(files.compact).model == "local/tiny"


def test_a_machine_without_room_for_one_layer_is_told_so(root: Path, tmp_path: Path) -> None:
    """The plan then says why nothing is compared."""
    found = stand(root, tmp_path, replace(HERE, memory_bytes=1 << 20))
    assert "GB of memory" in found.forward


def test_a_shipped_baseline_comes_first_and_is_never_written(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that came with the program is taken before those of the cache; a broken one is not mended by a run."""
    files = stand(root, tmp_path / "cache").files
    assert files.compact is not None
    judge(files)
    shipped = tmp_path / "shipped" / files.compact.place.name
    shipped.parent.mkdir()
    files.compact.place.rename(shipped)
    monkeypatch.setattr("apr_qa.truth.compact.SHIPPED", shipped.parent)
    later = stand(root, tmp_path / "cache").files
    assert later.compact is not None
    assert later.compact.place == shipped
    assert judge(too_large(later)).outcome is Outcome.CORROBORATED
    shipped.write_bytes(b"broken")
    assert judge(later).outcome is Outcome.CORROBORATED
    assert shipped.read_bytes() == b"broken"
