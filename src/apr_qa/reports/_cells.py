"""The matrix: what became of the claims in each cell, and what lies outside all cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apr_qa.reports._display import one_line
from apr_qa.reports._failures import FailureGroup
from apr_qa.reports._words import FORMATS, TONES, WORST_FIRST, plural
from apr_qa.vocab.axes import Backend, Format, Modality
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One cell: survived of judged, the worst outcome as mark and word."""

    name: str
    tone: str
    survived: int
    judged: int
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
    by_cell: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in evidence.judged:
        by_cell[str(judged.claim.subject)].append(judged)
    run = evidence.run
    asked = [name for name in dict.fromkeys((*run.matrix_cells, *run.cells)) if name.count("-") == 2]
    formats = [f for f in Format if any(name.startswith(f"{f}-") for name in asked)]
    backends = [b for b in Backend if any(f"-{b}-" in name for name in asked)]
    modalities = [m for m in Modality if any(name.endswith(f"-{m}") for name in asked)]
    links = {claim: group.anchor for group in reversed(groups) for claim in group.claims}
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
    outside = [j for name, members in by_cell.items() if name not in planned for j in members]
    return CellTable(modalities=tuple(str(m) for m in modalities), blocks=tuple(blocks), outside=_outside(outside))


def tally(members: Iterable[Judged]) -> Counter[Outcome]:
    """Count claims by outcome."""
    return Counter(j.verdict.outcome for j in members)


def _cell(name: str, members: Sequence[Judged], links: Mapping[str, str], *, planned: bool) -> CellView:
    counts = tally(members)
    if not members:
        word = "not judged" if planned else "not planned"
        return CellView(name=name, tone="unj" if planned else "none", survived=0, judged=0, word=word, planned=planned)
    present = [o for o in WORST_FIRST if counts[o]]
    worst = present[0]
    rest = [f"{counts[o]} {o}" for o in present[1:] if o is not Outcome.CORROBORATED]
    link = next((links[j.claim.id] for j in members if j.verdict.outcome is worst and j.claim.id in links), "")
    if not link and worst in (Outcome.UNJUDGED, Outcome.SKIPPED):
        link = "open-claims"
    return CellView(
        name=name,
        tone=TONES[worst],
        survived=counts[Outcome.CORROBORATED],
        judged=sum(n for o, n in counts.items() if o.is_judged),
        word="all survived" if worst is Outcome.CORROBORATED else f"{counts[worst]} {worst}",
        also=", ".join(rest),
        link=link,
    )


def _note(fmt: Format, evidence: Evidence) -> str:
    engine = evidence.run.engines.get(fmt)
    return one_line(f"{engine.name} {engine.version}", 40) if engine else ""


def _outside(members: Sequence[Judged]) -> str:
    if not members:
        return ""
    counts = tally(members)
    parts = [f"{counts[o]} {o}" for o in reversed(WORST_FIRST) if counts[o]]
    noun = plural(len(members), "more claim")
    verb = "belongs" if len(members) == 1 else "belong"
    return f"{noun} {verb} to no single cell (files, conversions, comparisons): {', '.join(parts)}."
