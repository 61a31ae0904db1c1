"""Which faults are planted where, and a healthy copy of a model to plant them in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.pipeline.targets import Target, by_words, files_of
from apr_qa.pipeline.wishes import Wishes
from apr_qa.rooms import furnish
from apr_qa.text import did_you_mean
from apr_qa.vocab.axes import Format, Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.mutators import Mutator, Place

ROOM = "apr_qa.mutators"
DTYPES = ("q8_0", "f16", "q6_k", "q4_k_m")
"""Types of GGUF files that are broken; the K-quants were made by llama.cpp's own quantiser."""
_IN_GROUND_TRUTH = (Place.SAFETENSORS, Place.TRUTH, Place.ENGINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One fault in one place of one healthy model."""

    mutator: Mutator
    place: Place
    dtype: str
    """Element type of the GGUF file's matrices."""

    @property
    def name(self) -> str:
        """`k-permuted in gguf q8_0`."""
        where = f"{self.place} {self.dtype}" if self.place is Place.GGUF else str(self.place)
        return f"{self.mutator.name} in {where}"

    def formats(self, tier: TierSpec) -> tuple[Format, ...]:
        """Return the formats that are certified: the ground truth and what the fault touches, if the tier has them."""
        wanted = (Format.SAFETENSORS, Format.APR if self.place is Place.APR else Format.GGUF)
        return tuple(form for form in wanted if form in tier.formats)

    def is_seen_by(self, tier: Tier) -> bool:
        """Return whether the tier looks at the place of the fault at all."""
        return self.place in _IN_GROUND_TRUTH or Format(self.place) in tiers()[tier].formats


def cases(names: Sequence[str] = (), models: Sequence[str] = (), dtypes: Sequence[str] = DTYPES) -> tuple[Case, ...]:
    """Return the faults to plant: all of the room, or those named, in models of these names.

    A fault in a GGUF file is planted in one of each of `dtypes` that the model has, any other once. Raises InputError
    for a name that is no fault's.
    """
    room = {mutator.name: mutator for mutator in furnish(ROOM, Mutator)}
    for name in names:
        if name not in room:
            raise InputError(
                f"no fault is called {name!r}{did_you_mean(name, room)}", remedy="apr-qa qualify --list shows all."
            )
    chosen = [m for m in room.values() if (not names or m.name in names) and (not models or m.model in models)]
    return tuple(
        Case(mutator=mutator, place=place, dtype=dtype)
        for mutator in chosen
        for place in mutator.places
        for dtype in (dtypes if place is Place.GGUF else dtypes[:1])
        if place is not Place.GGUF or _gguf(mutator.model, dtype)
    )


def target_of(model: str, tier: Tier) -> Target:
    """Return the shipped model with its own playbook."""
    (target,) = by_words([f"apr-qa/{model}"], tier)
    return target


def healthy_copy(model: str, dtype: str, scratch: Path) -> Path:
    """Return a copy of a shipped model below `scratch` that may be destroyed: all formats, one GGUF file of `dtype`.

    What an earlier copy left there is removed. Files keep their times, so that what was computed of them still holds.
    """
    root, folder = _shipped(model), scratch / model
    shutil.rmtree(folder, ignore_errors=True)
    for part in (Format.SAFETENSORS.value, Format.APR.value):
        shutil.copytree(root / part, folder / part)
    (folder / "gguf").mkdir()
    file = _gguf(model, dtype)
    if file is None:
        raise InputError(f"{model} has no GGUF file of type {dtype}", where=str(root), remedy=f"One of {DTYPES}.")
    shutil.copy2(file, folder / "gguf")
    return folder


@cache
def _gguf(model: str, dtype: str) -> Path | None:
    root = _shipped(model)
    return next((file for part in ("gguf", "k-quants") for file in (root / part).glob(f"*-{dtype}.gguf")), None)


@cache
def _shipped(model: str) -> Path:
    """Where the model lies. Raises InputError when this is no checkout of apr-qa."""
    return files_of(target_of(model, Tier.SMOKE), Wishes(), lambda _doing: None).root
