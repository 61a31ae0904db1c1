"""The matrix fault x tier x detector, and what it proves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from apr_qa.pipeline._qualify_cases import Case
from apr_qa.pipeline._qualify_trial import Depth, Eye, Finding
from apr_qa.vocab.axes import Tier

_SHARES = ("found", "gateway", "named")
_Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault in one place, at every tier that looks there."""

    case: str
    fault: str
    layer: str
    place: str
    dtype: str
    summary: str
    gateway: bool
    equivalent: str
    findings: tuple[Finding, ...] = ()

    def at(self, tier: Tier) -> Finding | None:
        """Return what was found at a tier; None when it does not look there, or was not tried."""
        return next((f for f in self.findings if f.tier is tier), None)

    @property
    def eyes(self) -> tuple[Eye, ...]:
        """Return the kinds of gate that saw it, at any tier."""
        seen = {detector.eye for finding in self.findings for detector in finding.detectors}
        return tuple(eye for eye in Eye if eye in seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, with the Wilson interval at 95 % (E. B. Wilson, JASA 22, 1927)."""

    hits: int
    of: int

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound, 0..1; (0, 1) when nothing was tried."""
        if not self.of:
            return 0.0, 1.0
        rate, z2 = self.hits / self.of, _Z * _Z / self.of
        middle = rate + z2 / 2
        spread = _Z * math.sqrt(rate * (1 - rate) / self.of + z2 / (4 * self.of))
        return max(0.0, (middle - spread) / (1 + z2)), min(1.0, (middle + spread) / (1 + z2))

    def __str__(self) -> str:
        low, high = self.bounds
        rate = f"{self.hits / self.of:.1%}" if self.of else "-"
        return f"{self.hits} of {self.of} ({rate}; 95 %: {low:.1%} to {high:.1%})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What one tier showed."""

    tier: Tier
    found: Share
    gateway: Share
    """Faults that must fell a gateway."""
    named: Share
    """Faults that one format has and another has not: named with the right tensor or number and the right words."""
    missed: tuple[str, ...]
    unknown: tuple[str, ...]
    """Those that could not be tried, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Everything that a qualification showed."""

    rows: tuple[Row, ...]
    proved: tuple[Proved, ...]
    clean: tuple[Finding, ...]
    """Healthy conversions, the whole tier."""
    clean_files: tuple[Finding, ...]
    """Healthy conversions, the gates of files only."""
    deeper: tuple[Row, ...]
    """Faults certified in full at standard and deep."""
    untried: tuple[str, ...]
    """Left out because the time was up."""
    unwritten: tuple[str, ...]
    """Left out because no library writes changed values in the type of the file."""
    depth: Depth
    command: str
    version: str
    elapsed_s: float


def row_of(case: Case, findings: Sequence[Finding]) -> Row:
    """Return the row of one case."""
    mutator = case.mutator
    return Row(
        case=case.name,
        fault=mutator.name,
        layer=mutator.layer.value,
        place=case.place.value,
        dtype=case.dtype,
        summary=mutator.summary,
        gateway=mutator.gateway,
        equivalent=mutator.equivalent,
        findings=tuple(findings),
    )


def proved(rows: Iterable[Row], tier: Tier) -> Proved:
    """Return what `tier` showed; equivalent mutants and faults that could not be tried are left out."""
    tried = [(row, seen) for row in rows if not row.equivalent and (seen := row.at(tier))]
    known = [(row, seen) for row, seen in tried if not seen.trouble]
    gateways = [seen for row, seen in known if row.gateway]
    nameable = [seen for _, seen in known if seen.named is not None]
    return Proved(
        tier=tier,
        found=_share(seen.found for _, seen in known),
        gateway=_share(bool(seen.gateways) for seen in gateways),
        named=_share(bool(seen.named) for seen in nameable),
        missed=tuple(row.case for row, seen in known if not seen.found),
        unknown=tuple(f"{row.case}: {seen.trouble}" for row, seen in tried if seen.trouble),
    )


def alarms(findings: Sequence[Finding]) -> Share:
    """Return how many healthy ones were alarmed."""
    return _share(seen.found for seen in findings if not seen.trouble)


def summary(matrix: Matrix) -> dict[str, Any]:
    """Return the few figures that stand in every certificate, as plain values."""
    return {
        "version": matrix.version,
        "tiers": {
            one.tier.value: {kind: [getattr(one, kind).hits, getattr(one, kind).of] for kind in _SHARES}
            for one in matrix.proved
        },
        "clean": [alarms(matrix.clean).hits, alarms(matrix.clean).of],
        "clean_files": [alarms(matrix.clean_files).hits, alarms(matrix.clean_files).of],
    }


def only_by(rows: Iterable[Row], eye: Eye) -> tuple[str, ...]:
    """Return the faults that gates of one kind alone saw."""
    return tuple(row.case for row in rows if row.eyes == (eye,) and not row.equivalent)


def _share(hits: Iterable[bool]) -> Share:
    seen = list(hits)
    return Share(hits=sum(seen), of=len(seen))
