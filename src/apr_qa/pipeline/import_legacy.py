"""What the original published, judged again: its certificates confirmed or refuted by its own evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.files import read_text
from apr_qa.pipeline.export import ORIGINAL, kind_of
from apr_qa.pipeline.rescore import Rescored, rescore
from apr_qa.playbook.load import PlaybookError, load_playbook
from apr_qa.registry.legacy import LegacyRow, read_legacy_csv
from apr_qa.text import one_line
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome

TABLE = Path("docs/certifications/models.csv")
PASSED = (Status.CERTIFIED, Status.PROVISIONAL)
CONFIRMED, REFUTED, NONE = "confirmed", "refuted", "no certificate"
DECIDING = 5
"""Records shown for each piece of evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supported:
    """One piece of evidence and what it supports."""

    path: Path
    records: int
    outcomes: dict[str, int]
    """Claims by our verdicts."""
    passed_before: int
    """Claims that the original passed, and we refute."""
    status: Status
    mqs: int
    reason: str
    deciding: tuple[str, ...]
    """The worst of the records that decide it, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisited:
    """One model: what the original said of it, and what its evidence supports."""

    model: str
    said: LegacyRow | None
    evidence: tuple[Supported, ...]
    verdict: str
    """`confirmed`, `refuted`, or that the original gave no certificate."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """All that was found in a checkout of the original."""

    models: tuple[Revisited, ...]
    playbooks_loaded: int
    playbooks_refused: tuple[tuple[Path, str], ...]
    unreadable: tuple[tuple[Path, str], ...]


def import_legacy(folder: Path) -> Imported:
    """Judge all evidence of the original below `folder` again. Raises InputError when there is nothing of it."""
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), remedy="Name a checkout of the original.")
    table = folder / TABLE
    rows = read_legacy_csv(read_text(table, "table of models")) if table.is_file() else ()
    judged: list[tuple[Path, Rescored]] = []
    broken: list[tuple[Path, str]] = []
    for path in sorted(p for p in folder.rglob("*.json") if kind_of(p) == ORIGINAL):
        try:
            judged.append((path, rescore(path)))
        except InputError as error:
            broken.append((path, str(error)))
    if not rows and not judged and not broken:
        raise InputError("holds no evidence and no table of the original", where=str(folder))
    loaded, refused = _playbooks(folder / "playbooks")
    return Imported(
        models=tuple(_revisit(rows, judged)),
        playbooks_loaded=loaded,
        playbooks_refused=refused,
        unreadable=tuple(broken),
    )


def _revisit(rows: tuple[LegacyRow, ...], judged: list[tuple[Path, Rescored]]) -> Iterator[Revisited]:
    by_model: dict[str, list[Supported]] = {}
    names = {row.model.lower(): row.model for row in rows}
    for path, scored in judged:
        model = scored.evidence.run.model or path.parent.name
        by_model.setdefault(names.get(model.lower(), model), []).append(_supported(path, scored))
    said = {row.model: row for row in rows}
    for model in sorted({*by_model, *(row.model for row in rows if row.status in PASSED)}):
        found = tuple(by_model.get(model, ()))
        verdict, why = _verdict(said.get(model), found)
        yield Revisited(model=model, said=said.get(model), evidence=found, verdict=verdict, why=why)


def _verdict(said: LegacyRow | None, found: tuple[Supported, ...]) -> tuple[str, str]:
    if said is None or said.status not in PASSED:
        return NONE, f"the original said {said.status if said and said.status else 'nothing'}"
    if not found:
        return REFUTED, "no evidence was published for it"
    best = max(found, key=lambda item: (item.status in PASSED, item.mqs))
    if best.status in PASSED:
        return CONFIRMED, best.reason
    return REFUTED, best.reason


def _supported(path: Path, scored: Rescored) -> Supported:
    card, judged = scored.scorecard, scored.evidence.judged
    lost = [j for j in judged if j.verdict.outcome.is_lost]
    lost.sort(key=lambda j: (j.claim.gateway is None, j.claim.params.get("original") != "corroborated", j.claim.id))
    open_ones = [j for j in judged if j.verdict.outcome is Outcome.UNJUDGED] if not lost else []
    return Supported(
        path=path,
        records=len(judged),
        outcomes=dict(Counter(str(j.verdict.outcome) for j in judged)),
        passed_before=sum(j.claim.params.get("original") == "corroborated" for j in lost),
        status=card.status,
        mqs=card.mqs,
        reason=card.reason,
        deciding=tuple(
            f"{j.claim.id}: the original says {j.claim.params.get('original', 'nothing')}, we say {j.verdict.outcome}:"
            f" {one_line(j.verdict.reason, 160)}"
            for j in [*lost, *open_ones][:DECIDING]
        ),
    )


def _playbooks(folder: Path) -> tuple[int, tuple[tuple[Path, str], ...]]:
    loaded, refused = 0, []
    for path in sorted(folder.rglob("*.playbook.yaml")) if folder.is_dir() else []:
        try:
            load_playbook(path)
            loaded += 1
        except PlaybookError as error:
            first = error.faults[0]
            refused.append((path, f"line {first.line}: {first.path}: {first.problem}"))
        except InputError as error:
            refused.append((path, error.problem))
    return loaded, tuple(refused)
