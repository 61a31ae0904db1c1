"""The page about the judge: what it finds, what it misses, how often it cries wolf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apr_qa.pipeline._qualify_matrix import Matrix, Row, alarms, only_by
from apr_qa.pipeline._qualify_trial import Depth, Eye, Finding
from apr_qa.vocab.axes import Tier

FOUND, MISSED, UNSEEN, UNKNOWN = "x", "MISSED", ".", "?"


def page(matrix: Matrix) -> str:
    """Return the page as Markdown. It is made by a command and never edited by hand."""
    tiers = [one.tier for one in matrix.proved]
    return "\n".join(
        [
            "# How far the judge can be trusted",
            "",
            "Healthy models are broken on purpose, in one way at a time, and certified. A judge that can be trusted",
            "finds each fault, and is silent about models that are healthy. This page is made by",
            "",
            f"    {matrix.command}",
            "",
            f"with apr-qa {matrix.version} in {matrix.elapsed_s / 60:.0f} minutes; never edit it by hand.",
            "",
            *_summary(matrix),
            *_missed(matrix),
            *_only(matrix),
            *_healthy(matrix),
            *_depth(matrix),
            *_deeper(matrix),
            *_limits(),
            "## The matrix",
            "",
            f"`{FOUND}` found (with the gateways that fell), `{MISSED}` not found, `{UNSEEN}` the tier does not look",
            f"there, `{UNKNOWN}` could not be tried. *Named*: a lost claim names the right tensor and transform.",
            "",
            *_table([row for row in matrix.rows if not row.equivalent], tiers),
            "",
        ]
    )


def cell(finding: Finding | None) -> str:
    """Return what stands in the matrix for one fault at one tier."""
    if finding is None:
        return UNSEEN
    if finding.trouble:
        return UNKNOWN
    if not finding.found:
        return MISSED
    return " ".join([FOUND, *sorted(finding.gateways)])


def _summary(matrix: Matrix) -> Iterator[str]:
    yield from ("| tier | faults found | of those that must fell a gateway | named right |", "|---|---|---|---|")
    for one in matrix.proved:
        yield f"| {one.tier} | {one.found} | {one.gateway} | {one.named} |"
    yield ""
    yield f"False alarms: {alarms(matrix.clean)} healthy conversions certified in full,"
    yield f"{alarms(matrix.clean_files)} judged by the gates of files alone."
    yield ""


def _missed(matrix: Matrix) -> Iterator[str]:
    yield from ("## Missed", "")
    for one in matrix.proved:
        yield from _list(f"At {one.tier}", one.missed)
        yield from _list(f"At {one.tier}, could not be tried", one.unknown)
    yield from _list("Not tried, the time was up", matrix.untried)
    yield from _list("Left out, as no library writes changed K-quants", matrix.unwritten)
    yield ""


def _only(matrix: Matrix) -> Iterator[str]:
    if matrix.depth is Depth.FOUND:
        return
    yield from ("## No kind of gate may be dropped", "", "Faults that one kind of gate alone found:", "")
    for eye in Eye:
        yield from _list(f"Only by {eye}", only_by(matrix.rows, eye))
    yield ""


def _healthy(matrix: Matrix) -> Iterator[str]:
    yield from ("## Healthy models", "")
    for finding in (*matrix.clean, *matrix.clean_files):
        if finding.found:
            yield f"- {finding.case}: {', '.join(sorted({d.gate for d in finding.detectors}))}"
    yield from ("Mutants that are as good as the original, listed and left out of the sensitivity:", "")
    for row in matrix.rows:
        if row.equivalent:
            seen = ", ".join(f"{f.tier}: {_equivalent(f)}" for f in row.findings)
            yield f"- {row.case}: {row.equivalent} ({seen or 'counted among the conversions'})"
    yield ""


def _equivalent(finding: Finding) -> str:
    if finding.trouble:
        return "could not be tried"
    return f"alarmed by {', '.join(sorted({d.gate for d in finding.detectors}))}" if finding.found else "silent"


def _depth(matrix: Matrix) -> Iterator[str]:
    if matrix.depth is Depth.FOUND:
        yield "Each fault was tried until it was found: gates of files first, then those that compute, then engines."
        yield "So the column *found by* names the first that saw it, not all (`--depth detectors` names all)."
        yield ""


def _deeper(matrix: Matrix) -> Iterator[str]:
    if matrix.deeper:
        tiers = [finding.tier for finding in matrix.deeper[0].findings]
        yield from ("## At the heavy tiers", "")
        yield "Whatever mvp asks, standard and deep ask too. One fault of each kind, certified there in full:"
        yield from ("", *_table(matrix.deeper, tiers), "")


def _limits() -> Iterator[str]:
    yield from (
        "## Limits",
        "",
        "- Two tiny models of two architectures; real models are larger and less sure of themselves.",
        "- K-quants, made by llama.cpp's own quantiser, are broken only where no value has to be written anew:",
        "  the `gguf` library cannot write them, and a look-alike would prove nothing.",
        "- A fault in the ground truth that all formats agree on has no counterpart: only behaviour can show it.",
        "- Faults that nobody thought of are not in the list; the sensitivity is that of this list.",
        "",
    )


def _list(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"- {title}: {', '.join(names)}."


def _table(rows: Iterable[Row], tiers: Sequence[Tier]) -> Iterator[str]:
    yield f"| fault | where | {' | '.join(tiers)} | named | found by | what is done |"
    yield f"|---|---|{'---|' * len(tiers)}---|---|---|"
    for row in rows:
        where = f"{row.place} {row.dtype}" if row.place == "gguf" else row.place
        gates = dict.fromkeys(d.gate for finding in row.findings for d in finding.detectors)
        cells = " | ".join(cell(row.at(tier)) for tier in tiers)
        yield f"| {row.fault} | {where} | {cells} | {_is_named(row)} | {', '.join(gates)} | {row.summary} |"


def _is_named(row: Row) -> str:
    said = [finding.named for finding in row.findings if finding.named is not None]
    return "" if not said else "yes" if any(said) else "no"
