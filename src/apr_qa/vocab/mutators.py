"""The contract of the mutators room: one seeded fault, planted in a copy of a healthy model or in an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class FaultLayer(StrEnum):
    """Where a fault lives."""

    WEIGHTS = "weights"
    METADATA = "metadata"
    TOKENIZER = "tokenizer"
    TEMPLATE = "template"
    CONFIG = "config"
    HEADER = "header"
    FILES = "files"
    ENGINE = "engine"


class UnwritableError(Exception):
    """Changed values cannot be stored in the element type of the file: no library writes it."""


class Place(StrEnum):
    """Where a fault is planted."""

    GGUF = "gguf"
    """The converted GGUF file alone; the ground truth stays healthy."""
    APR = "apr"
    """The converted APR file alone."""
    SAFETENSORS = "safetensors"
    """The ground truth's own folder; the converted files were made before the fault."""
    TRUTH = "truth"
    """The ground truth, and the other formats are made from it: all of them agree on what is wrong."""
    ENGINE = "engine"
    """The engine; every file is healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a mutator did."""

    tensors: tuple[str, ...] = ()
    """Tensors whose bytes, type or shape changed, under the names of the file they lie in."""
    program: str = ""
    """The engine to put on trial, when the fault is an engine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutator:
    """One fault, and what a judge that can be trusted should say of it."""

    name: str
    layer: FaultLayer
    summary: str
    """What is done, in one sentence."""
    breaks: str
    """What goes wrong for somebody who uses the model."""
    places: tuple[Place, ...]
    apply: Callable[[Path, Place, int], Applied]
    """(model folder, place, seed) -> what was done. Works in place: the folder is a copy that may be destroyed. It
    holds one folder a format (`safetensors/`, `gguf/`, `apr/`) with one weights file, or shards, each."""
    model: str = "tiny"
    """The healthy model that it needs."""
    tensors: tuple[str, ...] = ()
    """What a finding should name (canonical names, any of them); empty when no tensor is at fault."""
    words: tuple[str, ...] = ()
    """Any of them in a finding names the transform."""
    gateway: bool = False
    """True when a gateway has to fall: the file cannot be used or is unsafe, or basic answers are destroyed."""
    equivalent: str = ""
    """Why the model is as good as before, when it is: such a mutant must pass and is left out of the sensitivity."""
    timeout_s: float | None = None
    """Limit of one answer while this fault is tried; None: as the playbook says."""
