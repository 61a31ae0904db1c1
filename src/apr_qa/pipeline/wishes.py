"""What the user asked for, in the program's own types."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Modality


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Options of a run. Empty tuples and None mean: as the playbook and the tier say."""

    engine: str = "auto"
    """auto, apr, embedded, reference, llama.cpp, mlx, mistralrs, torch or openai=URL."""
    apr_binary: str = "apr"
    formats: tuple[Format, ...] = ()
    backends: tuple[Backend, ...] = ()
    modalities: tuple[Modality, ...] = ()
    output: Path = Path("certifications")
    folder: Path | None = None
    """The run's own folder; None: one below `output` that is named after model, tier and plan."""
    evidence_name: str = "evidence.json"
    model_cache: Path | None = None
    fresh: bool = False
    seed: int | None = None
    workers: int = 4
    timeout_s: float | None = None
    policy: FailurePolicy | None = None
    argv: tuple[str, ...] = ()
    """The command line, for the record."""
    plug_ins: tuple[str, ...] = ()
    """Plug-ins of other packages that take part, with package and version."""
    sequential: bool = False
    """Stop early by the tier's rule."""
    registry: Path | None = None
    """Where earlier certificates and their evidence are; None: nothing is held against them."""
    unlocked: str = ""
    """Why the playbook is not as its lock says; for the record."""
