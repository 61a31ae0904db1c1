"""A line of MQS over time, small enough for a table cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from apr_qa.registry.record import Record
from apr_qa.vocab.score import Status

_WIDTH, _HEIGHT, _MOST = 92, 26, 20
_LINE = 850
_TONES = {Status.CERTIFIED: "ok", Status.PROVISIONAL: "half", Status.PARTIAL: "unj", Status.BLOCKED: "bad"}
_SVG = Markup(
    '<svg class="spark" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
    '<path class="bar" d="M0 {bar:.1f}H{w}"/><path d="{path}"/>'
    '<g class="{tone}"><circle cx="{x:.1f}" cy="{y:.1f}" r="3"/></g></svg>'
)


def sparkline(history: Sequence[Record]) -> Markup:
    """Return the last runs as inline SVG, evenly spaced, 0 at the bottom and 1000 at the top."""
    last = history[-_MOST:]
    step = _WIDTH / max(len(last) - 1, 1)
    points = [(index * step if len(last) > 1 else _WIDTH, _y(record.mqs)) for index, record in enumerate(last)]
    x, y = points[-1]
    return _SVG.format(
        w=_WIDTH,
        h=_HEIGHT,
        label=f"MQS over {len(last)} {'run' if len(last) == 1 else 'runs'}: {', '.join(str(r.mqs) for r in last)}",
        bar=_y(_LINE),
        path="M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in points),
        tone=_TONES.get(last[-1].status, "fail"),
        x=x,
        y=y,
    )


def _y(mqs: int) -> float:
    return _HEIGHT - 2 - (_HEIGHT - 4) * mqs / 1000
