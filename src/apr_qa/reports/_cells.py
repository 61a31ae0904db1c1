"""The matrix: what became of the claims in each cell, and what lies outside all cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apr_qa.reports._display import one_line
from apr_qa.reports._failures import FailureGroup
from apr_qa.reports._words import FORMATS, TONES, WORST_FIRST, plural
from apr_qa.vocab.axes import Backend, Format, Modality
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One cell: survived of judged, the worst outcome as mark and word."""

    name: str
    tone: str
    survived: int
    judged: int
    skipped: int = 0
    word: str
    also: str = ""
    """What else is in the cell."""
    link: str = ""
    """Anchor of the failure group that explains it."""
    planned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRow:
    """The cells of one format."""

    label: str
    note: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBlock:
    """The cells of one backend; no rows when none of them was planned."""

    backend: str
    rows: tuple[CellRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTable:
    """One block for each backend, the same columns in all of them."""

    modalities: tuple[str, ...]
    blocks: tuple[CellBlock, ...]
    outside: str
    """How many claims belong to no cell, in a sentence; empty when none."""


def cell_table(evidence: Evidence, groups: Sequence[FailureGroup]) -> CellTable:
    """Return every cell that was planned or asked for; the axes are those that occur."""
    by_subject: defaultdict[Subject, Counter[Outcome]] = defaultdict(Counter)
    for judged in evidence.judged:
        by_subject[judged.claim.subject][judged.verdict.outcome] += 1
    by_cell = defaultdict(Counter[Outcome], {str(subject): counts for subject, counts in by_subject.items()})
    run = evidence.run
    asked = [name for name in dict.fromkeys((*run.matrix_cells, *run.cells)) if name.count("-") == 2]
    formats = [f for f in Format if any(name.startswith(f"{f}-") for name in asked)]
    backends = [b for b in Backend if any(f"-{b}-" in name for name in asked)]
    modalities = [m for m in Modality if any(name.endswith(f"-{m}") for name in asked)]
    links = {(str(subject), group.outcome): group.anchor for group in reversed(groups) for subject in group.about}
    planned = frozenset(run.cells)
    blocks = []
    for b in backends:
        names = {f: [f"{f}-{b}-{m}" for m in modalities] for f in formats}
        rows = tuple(
            CellRow(
                label=FORMATS[f],
                note=_note(f, evidence),
                cells=tuple(_cell(name, by_cell[name], links, planned=name in planned) for name in names[f]),
            )
            for f in formats
        )
        any_planned = any(name in planned for row in names.values() for name in row)
        blocks.append(CellBlock(backend=str(b), rows=rows if any_planned else ()))
    outside = sum((counts for name, counts in by_cell.items() if name not in planned), Counter[Outcome]())
    return CellTable(modalities=tuple(str(m) for m in modalities), blocks=tuple(blocks), outside=_outside(outside))


def _cell(name: str, counts: Counter[Outcome], links: Mapping[tuple[str, Outcome], str], *, planned: bool) -> CellView:
    if not counts:
        word = "not judged" if planned else "not planned"
        return CellView(name=name, tone="unj" if planned else "none", survived=0, judged=0, word=word, planned=planned)
    present = [o for o in WORST_FIRST if counts[o]]
    worst = present[0]
    rest = [f"{counts[o]} {o}" for o in present[1:] if o is not Outcome.CORROBORATED]
    link = links.get((name, worst), "")
    if not link and worst in (Outcome.UNJUDGED, Outcome.SKIPPED):
        link = "open-claims"
    return CellView(
        name=name,
        tone=TONES[worst],
        survived=counts[Outcome.CORROBORATED],
        judged=sum(n for o, n in counts.items() if o.is_judged),
        skipped=counts[Outcome.SKIPPED],
        word="all survived" if worst is Outcome.CORROBORATED else f"{counts[worst]} {worst}",
        also=", ".join(rest),
        link=link,
    )


def _note(fmt: Format, evidence: Evidence) -> str:
    engine = evidence.run.engines.get(fmt)
    return one_line(f"{engine.name} {engine.version}", 40) if engine else ""


def _outside(counts: Counter[Outcome]) -> str:
    members = counts.total()
    if not members:
        return ""
    parts = [f"{counts[o]} {o}" for o in reversed(WORST_FIRST) if counts[o]]
    noun = plural(members, "more claim")
    verb = "belongs" if members == 1 else "belong"
    return f"{noun} {verb} to no single cell (files, conversions, comparisons): {', '.join(parts)}."
