"""The files of one model on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apr_qa.vocab.axes import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """The weights of a model in one format."""

    format: Format
    path: Path
    """What an engine is handed: a weights file, or the index file of a sharded model. Absolute."""
    folder: Path
    """Where config and tokenizer lie. Absolute."""
    files: tuple[Path, ...]
    """Every weights file, in order."""
    quantization: str = ""
    """As far as the file name or header says: `f16`, `q8_0`, ... or empty."""
    made_by: tuple[str, ...] = ()
    """The command that converted it from ground truth, when we made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compact:
    """The compact baseline of a ground truth that is costly to compute."""

    place: Path
    """Where it lies, or is to lie once the ground truth was computed."""
    key: str
    """Of the files and texts that it must have been made from."""
    instead: str = ""
    """Why the ground truth is not computed here; empty when it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """All artefacts of one model, with digests taken before the run."""

    model: str
    """`org/name` or the folder's name."""
    revision: str = ""
    artefacts: Mapping[Format, Artefact] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by file name relative to the model's folder."""
    root: Path = Path()
    not_found: Mapping[Format, str] = field(default_factory=dict)
    """Formats asked for but not there, with the reason."""
    compared: tuple[str, ...] = ()
    """Names of the files that have the digests which the Hub states for `revision`, compared in this run."""
    compact: Compact | None = None
    """None: the ground truth is cheap enough to be computed in every run."""
