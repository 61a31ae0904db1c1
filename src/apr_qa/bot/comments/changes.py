"""What changed since the certificate before, and how the score went: words first, then a chart of them."""

from __future__ import annotations

from collections.abc import Sequence

from apr_qa.bot.comments.parts import Part, cell, folded, part, table
from apr_qa.registry.record import LOST, Record
from apr_qa.reports._words import plural
from apr_qa.reports.markdown import span

_SHOWN = 20
POINTS = 24
"""Certifications in a chart; the oldest go first."""
Pair = tuple[Record, tuple[Record, ...]]
"""A record and the ones before it, the newest last."""


def changes(pairs: Sequence[Pair]) -> list[Part]:
    """Return what got better and worse for each model that was certified before, folded; nothing without any."""
    known = [(now, before) for now, before in pairs if before]
    if not known:
        return []
    rows = [_row(now, before[-1]) for now, before in known[:_SHOWN]]
    body = table(
        ("Model", "Better", "Worse", "MQS, oldest first"), [(*r, _series(p)) for r, p in zip(rows, known, strict=False)]
    )
    more = f"\n\n{plural(len(known) - _SHOWN, 'more model')} in the registry." if len(known) > _SHOWN else ""
    title = "What changed since the last certificate"
    chart = f"\n\n{_chart(known[0])}" if len(known) == 1 and len(known[0][1]) > 1 else ""
    return [part(folded(title, f"{body}{more}{chart}"), folded(title, body), "", rank=4)]


def _row(now: Record, before: Record) -> tuple[str, str, str]:
    lost, was = {item.gate: item.claims for item in now.lost}, {item.gate: item.claims for item in before.lost}
    # (a full list may be a cut one, and what is not in a cut list is not known to have passed)
    better = [gate for gate, claims in was.items() if lost.get(gate, 0) < claims] if len(now.lost) < LOST else []
    worse = [gate for gate, claims in lost.items() if claims > was.get(gate, 0)] if len(before.lost) < LOST else []
    return cell(now.model, 80), _gates(better, was, lost), _gates(worse, lost, was)


def _gates(gates: Sequence[str], many: dict[str, int], few: dict[str, int]) -> str:
    told = [f"{span(gate, 60)} {plural(many[gate] - few.get(gate, 0), 'claim')}" for gate in gates[:4]]
    more = [f"{len(gates) - 4} more"] if len(gates) > 4 else []
    return ", ".join([*told, *more]) or "none"


def _series(pair: Pair) -> str:
    now, before = pair
    past = [str(record.mqs) for record in before[-6:]]
    return ", ".join([*past, f"**{now.mqs}**"])


def _chart(pair: Pair) -> str:
    """A Mermaid chart: GitHub draws it in the reader's own colours, light or dark."""
    now, before = pair
    scores = [record.mqs for record in (*before[-POINTS + 1 :], now)]
    # (numbered: two of one day would else be one point)
    days = [f'"{n} {r.last_certified[5:10]}"' for n, r in enumerate((*before[-POINTS + 1 :], now), 1)]
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta",
            '    title "MQS, oldest first"',
            f"    x-axis [{', '.join(days)}]",
            "    y-axis 0 --> 1000",
            f"    line [{', '.join(map(str, scores))}]",
            "```",
        ]
    )
