"""Every mutator works on a copy, in its own place, and twice the same."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from apr_qa.rooms import furnish
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place

MODELS = Path(__file__).resolve().parents[2] / "models"
MUTATORS = furnish("apr_qa.mutators", Mutator)
PLANTED = [(mutator, place) for mutator in MUTATORS for place in mutator.places]
ALLOWED = {
    Place.GGUF: {"gguf"},
    Place.APR: {"apr"},
    Place.SAFETENSORS: {"safetensors"},
    Place.TRUTH: {"safetensors", "gguf", "apr"},
    Place.ENGINE: set(),
}


def copy_of(model: str, to: Path, dtype: str = "q8_0") -> Path:
    for part in ("safetensors", "apr"):
        shutil.copytree(MODELS / model / part, to / part)
    (to / "gguf").mkdir()
    shutil.copy(MODELS / model / "gguf" / f"model-{dtype}.gguf", to / "gguf")
    return to


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize(("mutator", "place"), PLANTED, ids=[f"{m.name}-{p}" for m, p in PLANTED])
def test_a_mutator_changes_files_of_its_place_only_and_twice_the_same(
    mutator: Mutator, place: Place, tmp_path: Path
) -> None:
    """Something changes, nothing outside the place does, and a second copy comes out equal to the byte."""
    healthy = copy_of(mutator.model, tmp_path / "healthy")
    results = []
    for name in ("one", "two"):
        folder = Path(shutil.copytree(healthy, tmp_path / name / "model"))
        applied = mutator.apply(folder, place, 11)
        results.append(digests(folder))
        assert bool(applied.program) == (place is Place.ENGINE)
    before, (one, two) = digests(healthy), results
    changed = {name for name in before | one if before.get(name) != one.get(name)}
    assert one == two
    assert {Path(name).parts[0] for name in changed} <= ALLOWED[place]
    assert changed or place is Place.ENGINE


def test_the_room_covers_what_goes_wrong() -> None:
    """At least thirty faults, none of a name twice, in every layer, and each says what it breaks."""
    names = [mutator.name for mutator in MUTATORS]
    assert len(names) == len(set(names)) > 30
    assert {mutator.layer for mutator in MUTATORS} == set(FaultLayer)
    assert all(m.summary.endswith(".") and m.breaks.endswith(".") for m in MUTATORS)


def test_what_is_equivalent_is_never_expected_to_fall() -> None:
    """An equivalent mutant gives a reason and demands no gateway."""
    assert [m.name for m in MUTATORS if m.equivalent and m.gateway] == []
