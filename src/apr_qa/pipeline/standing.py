"""What the ground truth of a model can be held to on this machine: computed, told by a compact baseline, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.pipeline.baselines import FOLDER
from apr_qa.reference.readable import why_not_known
from apr_qa.truth.compact import key_of, place_of
from apr_qa.truth.effort import Effort, effort_of
from apr_qa.vocab.artefacts import Compact, ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.machine import Machine
from apr_qa.weights import MalformedWeights, read_header

WORTH_MINUTES = 1.0
"""A pass over ground truth that takes longer is kept as a compact baseline, and later runs go by that."""
LIMIT_MINUTES = 60.0
"""No pass that is predicted to take longer is begun."""
HOW = "apr-qa baseline makes one, also on another machine or with the torch or mlx extra"
NO_TRUTH = "there is no SafeTensors file, the ground truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the plan needs to know."""

    files: ModelFiles
    """With the place of its compact baseline, where that is worth the while."""
    forward: str = NO_TRUTH
    """Empty when the fixed texts can be computed; else the reason why not."""
    minutes: Mapping[Format, float]
    """Predicted, of a pass over the files of each format; none for a ground truth whose baseline is there."""


def standing(files: ModelFiles, here: Machine, cache: Path, worth_minutes: float = WORTH_MINUTES) -> Standing:
    """Return how the files can be held against their ground truth on the machine `here`; only headers are read."""
    ground = files.artefacts.get(Format.SAFETENSORS)
    if ground is None:
        return Standing(files=files, minutes={})
    if reason := why_not_known(ground.path):
        return Standing(files=files, forward=reason, minutes={})
    efforts = dict(_efforts(files))
    truth = efforts.pop(Format.SAFETENSORS)
    minutes = {form: effort.minutes for form, effort in efforts.items()}
    refused = next((why for effort in efforts.values() if (why := _too_much(effort, here, "a file"))), "")
    instead = _too_much(truth, here, "the ground truth")
    key = key_of(files)
    if not key or (truth.minutes < worth_minutes and not instead):
        return Standing(files=files, forward=refused or instead, minutes={**minutes, Format.SAFETENSORS: truth.minutes})
    compact = Compact(place=place_of(key, cache / FOLDER), key=key, instead=instead)
    if not compact.place.is_file():
        refused = refused or (f"{instead}, and no compact baseline of it is kept ({HOW})" if instead else "")
        minutes[Format.SAFETENSORS] = truth.minutes
    return Standing(files=replace(files, compact=compact), forward=refused, minutes=minutes)


def _efforts(files: ModelFiles) -> Mapping[Format, Effort]:
    """A converted file whose header cannot be read costs nothing here: G0 judges it."""
    found = {}
    for form, artefact in files.artefacts.items():
        try:
            found[form] = effort_of(read_header(artefact.path))
        except (MalformedWeights, OSError):
            continue
    return found


def _too_much(effort: Effort, here: Machine, what: str) -> str:
    if effort.memory_bytes > here.memory_bytes:
        wants, has = effort.memory_bytes / 1e9, here.memory_bytes / 1e9
        return f"one layer of {what} wants {wants:.1f} GB of memory and this machine has {has:.1f} GB"
    if effort.minutes > LIMIT_MINUTES:
        most = f"at most {LIMIT_MINUTES:.0f} are given"
        return f"a pass over {what} would take {effort.minutes:.0f} minutes here, and {most}"
    return ""
