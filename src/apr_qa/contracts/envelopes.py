"""How far clean conversions stray, for each stored type: measured, never guessed; kept as data with its provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The most that a clean conversion to one type was seen to differ, with a margin. Relative errors."""

    unit: int
    """Columns that share a scale; 0 when the whole tensor shares one."""
    residual: float
    peak: float
    gain: float
    norm: float
    """Of the pooled row and column norms of a fingerprint."""
    sketch: float
    provisional: bool = False
    """Derived from another type or from the layout, because nothing here writes it."""


@cache
def envelopes() -> Mapping[str, Envelope]:
    """Return the envelope of each stored type whose conversions were calibrated or bounded."""
    data = json.loads(files("apr_qa.contracts").joinpath("envelopes.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Envelope(**values) for name, values in data["types"].items()})


def envelope_for(stored: str, true: str) -> Envelope | None:
    """Return the envelope for values of type `true` stored as `stored`, None when there is none.

    A type that holds every value of the other exactly must hold it exactly.
    """
    if stored == true or (stored == "f32" and true in ("bf16", "f16")):
        return envelopes()["exact"]
    return envelopes().get(stored)
