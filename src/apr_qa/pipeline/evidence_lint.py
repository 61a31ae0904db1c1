"""Published evidence against the registry: it is whole, judged again it says the same, and its record is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.pipeline.export import SEALED, kind_of
from apr_qa.pipeline.rescore import Rescored, rescore
from apr_qa.registry.record import make_record
from apr_qa.registry.store import path_of

EVIDENCE = "evidence"
_SHOWN = 3


def lint_evidence(folder: Path) -> Iterator[str]:
    """Yield every contradiction of the sealed evidence below `folder/evidence`, one sentence each."""
    for path in sorted((folder / EVIDENCE).rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        try:
            if kind_of(path) != SEALED:
                yield f"{name}: is no sealed evidence"
                continue
            stored, again = rescore(path), rescore(path, rejudge=True)
            if not path_of(folder, make_record(stored.evidence, stored.scorecard)).is_file():
                yield f"{name}: its record is missing; apr-qa export-csv --evidence-dir {folder / EVIDENCE} makes it"
        except InputError as error:
            yield f"{name}: {error.problem}"
            continue
        yield from (f"{name}: {problem}" for problem in _changed(stored, again))


def _changed(stored: Rescored, again: Rescored) -> Iterator[str]:
    before = {judged.claim.id: judged.verdict.outcome for judged in stored.evidence.judged}
    others = [
        f"{j.claim.id} is {j.verdict.outcome}, not {before[j.claim.id]}"
        for j in again.evidence.judged
        if j.claim.id in before and before[j.claim.id] is not j.verdict.outcome
    ]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        yield f"judged again, {'; '.join(others[:_SHOWN])}{more}"
