"""Why claims were lost and why they were not judged: the folded parts of the comment, and the caution above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apr_qa.bot.comments.parts import Part, cell, folded, link, part, table
from apr_qa.registry.record import LostClaims, Record
from apr_qa.reports._words import plural
from apr_qa.reports.markdown import prose, span

_CAUSES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Claims of one gate that a model lost."""

    model: str
    lost: LostClaims
    culprit: str = ""
    """`file` or `engine`, where the evidence tells."""
    ticket: str = ""
    """Link or `draft`."""


def caution(worst: Record, culprits: Mapping[str, str]) -> Part:
    """Return the box about the worst model: where it fell, why, and whose fault it is."""
    lost = worst.lost[0]
    where = f", gateway {lost.gateway}" if lost.gateway else ""
    whose = {"file": "The file is at fault, not the engine.", "engine": "The engine is at fault, not the file."}
    told = whose.get(culprits.get(lost.gate, ""), "")
    bold = f" **{told}**" if told else ""
    return part(f"> [!CAUTION]\n> **{prose(worst.model)}{where}.** {prose(lost.reason, 300).rstrip('.')}.{bold}")


def causes(found: Sequence[Cause]) -> list[Part]:
    """Return the table of causes, folded; nothing when no claim was lost."""
    if not found:
        return []
    claims = sum(cause.lost.claims for cause in found)
    title = f"{plural(len(found), 'cause')}, {plural(claims, 'failed claim')}"
    return [
        part(
            folded(title, _table(found[:_CAUSES])),
            folded(title, _table(found[:5])),
            f"{title}: the evidence tells them.",
            rank=2,
        )
    ]


def why_open(reasons: Iterable[tuple[str, int]]) -> list[Part]:
    """Return why claims were not judged, folded: (reason, claims) of all models."""
    counts: Counter[str] = Counter()
    for reason, claims in reasons:
        counts[reason] += claims
    if not counts:
        return []
    rows = [(cell(reason, 240), f"{claims:,}") for reason, claims in counts.most_common(12)]
    title = f"Why {plural(counts.total(), 'claim')} could not be judged"
    body = table(("Reason", "Claims"), rows, (1,))
    return [part(folded(title, body), f"{title}: the evidence tells it.", rank=3)]


def _table(found: Sequence[Cause]) -> str:
    rows = [
        (
            cell(cause.model, 80),
            span(cause.lost.gate, 60),
            cell(cause.lost.reason, 200),
            str(cause.lost.claims),
            cell(cause.culprit, 20) or "open",
            _ticket(cause.ticket),
        )
        for cause in found
    ]
    return table(("Model", "Gate", "Cause", "Claims", "At fault", "Ticket"), rows, (3,))


def _ticket(where: str) -> str:
    words = "draft" if "/issues/new?" in where else "ticket"
    return link(words, where) if where.startswith(("https://", "http://")) else cell(where) if where else "none"
