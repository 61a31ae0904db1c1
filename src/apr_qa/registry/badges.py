"""Badges: a small picture of our own, and the endpoint JSON that shields.io reads."""

from __future__ import annotations

import json
from html import escape

from apr_qa.registry.standing import Standing
from apr_qa.vocab.score import Status

_COLOURS = {
    Status.CERTIFIED: "#1f7a54",
    Status.PROVISIONAL: "#8a5a00",
    Status.BLOCKED: "#a5241a",
    Status.PENDING: "#5f656e",
    Status.PARTIAL: "#54399f",
    Status.FAIL: "#85195a",
}
"""Dark enough for white text at a contrast of 4.5."""
_CHAR, _PAD = 6.6, 9


def badge_svg(standing: Standing) -> str:
    """Return the badge as SVG; the words are fitted to their boxes, whatever font the reader has."""
    label, message = f"apr-qa {standing.record.tier}", _message(standing)
    left, right = _width(label), _width(message)
    title = escape(f"{label}: {message}")
    parts = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">',
        f"<title>{title}</title>",
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="4"/></clipPath><g clip-path="url(#r)">',
        f'<rect width="{left}" height="20" fill="#3b4048"/>',
        f'<rect x="{left}" width="{right}" height="20" fill="{_colour(standing)}"/></g>',
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">',
        _text(label, 0, left),
        _text(message, left, right),
        "</g></svg>",
    )
    return "\n".join(parts) + "\n"


def badge_json(standing: Standing) -> str:
    """Return the endpoint object of shields.io."""
    facts = {
        "schemaVersion": 1,
        "label": f"apr-qa {standing.record.tier}",
        "message": _message(standing),
        "color": _colour(standing),
    }
    return json.dumps(facts, indent=2) + "\n"


def _message(standing: Standing) -> str:
    record = standing.record
    word = record.status.lower()
    if standing.stale:
        return f"{word}, stale"
    if record.status in (Status.CERTIFIED, Status.PROVISIONAL) and record.lower_bound is not None:
        return f"{word}, at least {int(record.lower_bound * 1000) / 10:.1f} %"
    return word


def _colour(standing: Standing) -> str:
    return _COLOURS[Status.PENDING if standing.stale else standing.record.status]


def _width(text: str) -> int:
    return round(len(text) * _CHAR) + 2 * _PAD


def _text(text: str, start: int, width: int) -> str:
    return f'<text x="{start + width / 2:g}" y="14" textLength="{width - 2 * _PAD}">{escape(text)}</text>'
