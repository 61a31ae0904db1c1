"""Two certificates side by side: records hold no single answers, so counts and ends are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.files import read_text
from apr_qa.registry.record import Record, Throughput
from apr_qa.registry.store import parse_record
from apr_qa.stats.bound import lower_bound
from apr_qa.vocab.score import GatewayState, Status

SLOWER = 0.97
"""A regression of speed is one whose whole interval lies below this."""
_ORDER = (Status.CERTIFIED, Status.PROVISIONAL, Status.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """What changed from one certificate to the other."""

    before: Record
    after: Record
    lost: tuple[str, ...]
    """Gates that lose claims now and lost none before."""
    won: tuple[str, ...]
    speeds: Mapping[str, tuple[float, float]]
    """Median tokens per second before and after, by `format-backend`."""
    worse: tuple[str, ...]


def read_certificate(path: Path) -> Record | None:
    """Return the record in `path`; None when the file is something else. Raises InputError for a broken record."""
    if not path.is_file() or path.stat().st_size > 4 << 20:
        return None
    text = read_text(path, "certificate")
    if '"provenance_verified"' not in text or '"recheck"' not in text:
        return None
    return parse_record(text, where=str(path))


def compare_certificates(before: Record, after: Record) -> Certificates:
    """Return what changed. Raises InputError for certificates of two models."""
    if before.model != after.model:
        raise InputError(
            f"these are certificates of two models, {before.model} and {after.model}",
            remedy="Compare certificates of one model; apr-qa diff compares the files of two.",
        )
    earlier, later = ({lost.gate for lost in record.lost} for record in (before, after))
    return Certificates(
        before=before,
        after=after,
        lost=tuple(sorted(later - earlier)),
        won=tuple(sorted(earlier - later)),
        speeds={k: (before.tps[k].median, after.tps[k].median) for k in before.tps if k in after.tps},
        worse=tuple(_worse(before, after)),
    )


def _worse(before: Record, after: Record) -> Iterator[str]:
    for gateway, state in after.gateways.items():
        if state is GatewayState.FELL and before.gateways.get(gateway) is GatewayState.HOLDS:
            yield f"gateway {gateway} fell"
    if before.status in _ORDER and after.status in _ORDER and _ORDER.index(after.status) > _ORDER.index(before.status):
        yield f"{before.status} became {after.status}"
    least, most = before.lower_bound or 0.0, _upper_bound(after)
    if most < least:
        yield f"at most {most:.1%} of claims survive at 95 %, where it was at least {least:.1%}"
    for where in before.tps:
        if where in after.tps and before.machine == after.machine:
            highest = _highest_ratio(before.tps[where], after.tps[where])
            if highest is not None and highest < SLOWER:
                yield f"{where} is slower: at most {highest:.2f} of before"


def _highest_ratio(before: Throughput, after: Throughput) -> float | None:
    """The upper end of one interval over the lower end of the other: wider than the interval of the ratio."""
    return after.high / before.low if after.high is not None and before.low else None


def _upper_bound(record: Record) -> float:
    """The one-sided 95 % upper bound of the pass rate: what the lost claims leave."""
    lost = lower_bound(record.judged - record.corroborated, record.judged)
    return 1.0 if lost is None else 1 - lost
