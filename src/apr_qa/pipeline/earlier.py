"""The last certificate of a model at a tier, with its evidence: what a regression is judged against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.evidence.read import read_evidence
from apr_qa.registry.record import Record
from apr_qa.registry.store import RECORDS, records_of
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.score import Status

_CERTIFICATES = (Status.CERTIFIED, Status.PROVISIONAL)
_END_BYTES = 256
"""More than the last line of sealed evidence, which holds nothing but the seal."""


def last_certificate(registry: Path, model: str, tier: Tier) -> Record | None:
    """Return the newest record of `model` at `tier` that is a certificate; None without one.

    What was blocked or came to no verdict since does not count: it proves no answer right. Raises InputError for a
    record that is broken.
    """
    found = [r for r in records_of(registry, model) if r.tier is tier and r.status in _CERTIFICATES]
    return max(found, key=lambda record: (record.last_certified, record.evidence), default=None)


def earlier_evidence(registry: Path, model: str, tier: Tier) -> tuple[Evidence | None, str]:
    """Return the evidence of the last certificate of `model` at `tier`, or why there is none.

    The reason is empty where there is no certificate. Evidence lies anywhere below `registry`, under any name: its
    seal is that of the record. Raises InputError when record or evidence was changed.
    """
    record = last_certificate(registry, model, tier)
    if record is None:
        return None, ""
    for path in _sealed_with(registry, record.evidence):
        evidence = read_evidence(path)
        if evidence.run.model != model or evidence.run.tier is not tier:
            problem = f"its seal is that of {model} at {tier}, and it speaks of {evidence.run.model}"
            raise InputError(problem, where=str(path), remedy="Restore the file from the registry's history.")
        return evidence, ""
    day = record.last_certified[:10]
    return None, f"the evidence of the certificate of {day} (seal {record.evidence[:12]}) is not below {registry}"


def _sealed_with(registry: Path, seal: str) -> Iterator[Path]:
    """The files below `registry` that end in `seal`; what names it elsewhere, as reports and notes do, is not meant."""
    end = f'"seal":"{seal}"}}'.encode()
    for path in sorted(registry.rglob("*.json")):
        if path.relative_to(registry).parts[0] != RECORDS and path.is_file() and seal and _end_of(path).endswith(end):
            yield path


def _end_of(path: Path) -> bytes:
    """Return the last bytes without white space: evidence counts however it is laid out."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _END_BYTES))
        return b"".join(stream.read().split())
