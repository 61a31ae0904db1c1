"""The axes along which a model is tried, and the small closed lists of the field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """How the weights are stored. SafeTensors is ground truth; the others are converted from it."""

    SAFETENSORS = "safetensors"
    APR = "apr"
    GGUF = "gguf"


class Backend(StrEnum):
    """What computes."""

    CPU = "cpu"
    GPU = "gpu"


class Modality(StrEnum):
    """How the engine is asked: one shot, a conversation, or over HTTP."""

    RUN = "run"
    CHAT = "chat"
    SERVE = "serve"


class Tier(StrEnum):
    """How hard we try; ordered from the lightest to the heaviest claim."""

    SMOKE = "smoke"
    MVP = "mvp"
    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"

    @property
    def rank(self) -> int:
        """0 for smoke, 4 for deep."""
        return list(Tier).index(self)


class SizeClass(StrEnum):
    """Size by parameters: <1B, 1-5B, 5-10B, 10-30B, 30-100B, above."""

    TINY = "tiny"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    XLARGE = "xlarge"
    HUGE = "huge"


class FailurePolicy(StrEnum):
    """When a run stops early."""

    STOP_ON_FIRST = "stop-on-first"
    STOP_ON_P0 = "stop-on-p0"
    COLLECT_ALL = "collect-all"
    FAIL_FAST = "fail-fast"


class Severity(StrEnum):
    """How bad a falsified gate is; P0 stops a stop-on-p0 run."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Category(StrEnum):
    """Where points come from."""

    QUAL = "QUAL"
    PERF = "PERF"
    STAB = "STAB"
    COMP = "COMP"
    EDGE = "EDGE"
    REGR = "REGR"


class Gateway(StrEnum):
    """A group of gates whose fall zeroes the score."""

    G0 = "G0"
    G1 = "G1"
    G2 = "G2"
    G3 = "G3"
    G4 = "G4"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """One combination of format, backend and modality."""

    format: Format
    backend: Backend
    modality: Modality

    def __str__(self) -> str:
        return f"{self.format}-{self.backend}-{self.modality}"
