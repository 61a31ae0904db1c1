"""How far clean conversions stray, for each stored type: measured, never guessed; kept as data with its provenance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
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


def on_the_way(own: Envelope, stored: Iterable[str], true: str) -> Envelope | None:
    """Return the envelope of values that came through files of types `stored` before they fitted into `own`.

    Each lossy step may add its own error; None when the error of one was never measured.
    """
    whole: Envelope | None = own
    for dtype in stored:
        step = envelope_for(dtype, true)
        whole = None if step is None or whole is None else _summed(whole, step)
    return whole


def _summed(one: Envelope, other: Envelope) -> Envelope:
    exact = envelopes()["exact"]
    if exact in (one, other):
        return other if one == exact else one
    return Envelope(
        unit=max(one.unit, other.unit) if one.unit and other.unit else 0,
        residual=one.residual + other.residual,
        peak=one.peak + other.peak,
        gain=one.gain + other.gain,
        norm=one.norm + other.norm,
        sketch=one.sketch + other.sketch,
        provisional=one.provisional or other.provisional,
    )


def envelope_for(stored: str, true: str) -> Envelope | None:
    """Return the envelope for values of type `true` stored as `stored`, None when there is none.

    A type that holds every value of the other exactly must hold it exactly.
    """
    if stored == true or (stored == "f32" and true in ("bf16", "f16")):
        return envelopes()["exact"]
    return envelopes().get(stored)
