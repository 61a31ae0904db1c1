"""Weight faults touch the tensors that they name and no other byte of the weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from apr_qa.mutators._apr import open_apr
from apr_qa.mutators._follow import follow
from apr_qa.mutators._gguf import open_gguf
from apr_qa.mutators._names import canonical_name, gguf_name
from apr_qa.mutators._safetensors import open_safetensors
from apr_qa.mutators._tensors import encode
from apr_qa.rooms import by_name, furnish
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place
from apr_qa.weights import open_weights

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES, DTYPES = ("tiny", "tiny-llama"), ("q8_0", "f16")
IN_GGUF = [
    m
    for m in furnish("apr_qa.mutators", Mutator)
    if m.layer is FaultLayer.WEIGHTS and Place.GGUF in m.places and "missing" not in m.name
]


def _copy(model: str, to: Path, dtype: str) -> Path:
    shutil.copytree(MODELS / model / "safetensors", to / "safetensors")
    shutil.copytree(MODELS / model / "apr", to / "apr")
    (to / "gguf").mkdir()
    shutil.copy(MODELS / model / "gguf" / f"model-{dtype}.gguf", to / "gguf")
    return to


def _mutator(name: str) -> Mutator:
    found = by_name("apr_qa.mutators", Mutator, name)
    assert found
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mutator", IN_GGUF, ids=[m.name for m in IN_GGUF])
def test_only_the_named_tensors_differ(mutator: Mutator, dtype: str, tmp_path: Path) -> None:
    """What `Applied` lists differs in bytes or type; every other tensor and the metadata are as before."""
    folder = _copy(mutator.model, tmp_path, dtype)
    (file,) = (folder / "gguf").iterdir()
    applied = mutator.apply(folder, Place.GGUF, 3)
    with open_weights(MODELS / mutator.model / "gguf" / file.name) as before, open_weights(file) as after:
        assert list(before.tensors) == list(after.tensors)
        differ = {
            name
            for name, info in before.tensors.items()
            if info.dtype != after.tensors[name].dtype or before.raw(name).tobytes() != after.raw(name).tobytes()
        }
        assert differ == set(applied.tensors) != set()
        assert dict(before.metadata) == dict(after.metadata)
        assert not mutator.tensors or differ & {gguf_name(name) for name in mutator.tensors}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("model", NAMES)
def test_the_small_converter_makes_the_shipped_files(model: str, dtype: str, tmp_path: Path) -> None:
    """Converted again, a healthy model comes out as it was shipped, to the byte: clean conversions are clean."""
    folder = _copy(model, tmp_path, dtype)
    follow(folder)
    for file in (*(folder / "gguf").iterdir(), *(folder / "apr").iterdir()):
        assert file.read_bytes() == (MODELS / model / file.relative_to(folder)).read_bytes()


@pytest.mark.parametrize("model", NAMES)
def test_files_are_written_as_they_were_read(model: str, tmp_path: Path) -> None:
    """Opened and saved without a change, each format keeps every byte."""
    folder = _copy(model, tmp_path, "f16")
    for opened in (open_safetensors(folder / "safetensors"), open_gguf(folder / "gguf"), open_apr(folder / "apr")):
        opened.save()
    for file in folder.rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (MODELS / model / file.relative_to(folder)).read_bytes()


def test_a_single_sign_is_a_single_sign(tmp_path: Path) -> None:
    """The smallest fault changes one weight of the whole model."""
    folder = _copy("tiny", tmp_path, "f16")
    (name,) = _mutator("sign-flipped").apply(folder, Place.GGUF, 3).tensors
    with (
        open_weights(MODELS / "tiny" / "gguf" / "model-f16.gguf") as before,
        open_weights(folder / "gguf" / "model-f16.gguf") as after,
    ):
        one, other = before.read(name), after.read(name)
    different = np.flatnonzero(one != other)
    assert len(different) == 1
    assert one.flat[different[0]] == -other.flat[different[0]] != 0


def test_every_tensor_of_the_tiny_models_has_both_names() -> None:
    """The map of names goes there and back."""
    for model in NAMES:
        with open_weights(MODELS / model / "gguf" / "model-f16.gguf") as weights:
            assert [gguf_name(canonical_name(name)) for name in weights.tensors] == list(weights.tensors)


def test_bf16_is_rounded_to_nearest() -> None:
    """Halfway cases go to the even neighbour, as everywhere."""
    values = np.array([1.0, 1.0 + 2**-8, 1.0 + 3 * 2**-8, -2.5], dtype=np.float32)
    back = np.frombuffer(encode(values, "bf16"), dtype="<u2").astype(np.uint32) << 16
    assert back.view(np.float32).tolist() == [1.0, 1.0, 1.015625, -2.5]
