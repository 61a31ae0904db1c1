"""The throughput chart: one row for each format and backend, drawn to one common scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from apr_qa.reports._figures import SpeedBar

_ROW, _TOP, _LEFT, _RIGHT, _WIDTH = 44, 8, 150, 240, 1000
_SVG = Markup('<svg class="speed" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{rows}{axis}</svg>')
_BAR = Markup(
    '<text class="big" x="0" y="{text_y}">{name} <tspan font-weight="400">{backend}</tspan></text>'
    '<line class="rail" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
    '<line class="span" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>{band}'
    '<circle class="dot" cx="{median:.1f}" cy="{y}" r="6"/>'
    '<text class="big" x="{figures}" y="{text_y}">{value} tok/s</text><text x="{count}" y="{text_y}">{n}</text>'
)
_BAND = Markup(
    '<line class="band" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>'
    '<text x="{figures}" y="{text_y}">95 %: {words}</text>'
)
_TICK = Markup('<text x="{x:.1f}" y="{y}" text-anchor="middle">{value:g}</text>')


def speed_chart(speeds: Sequence[SpeedBar]) -> Markup:
    """Return an inline SVG of tokens per second, median, its interval and range, from zero to a round maximum."""
    top = _round_up(max(s.highest for s in speeds))
    left, right = _LEFT, _WIDTH - _RIGHT

    def x(rate: float) -> float:
        return left + (right - left) * rate / top

    def band(i: int, s: SpeedBar) -> Markup:
        if s.interval is None:
            return Markup()
        low, high = (x(end) for end in s.interval)
        y, text_y = _TOP + _ROW * i + 16, _TOP + _ROW * i + 37
        return _BAND.format(low=low, high=high, y=y, figures=right + 24, text_y=text_y, words=_words(s.interval))

    rows = Markup().join(
        _BAR.format(
            name=s.label, backend=s.backend, left=left, right=right, low=x(s.lowest), high=x(s.highest),
            median=x(s.median), y=_TOP + _ROW * i + 16, text_y=_TOP + _ROW * i + 21, figures=right + 24,
            value=f"{s.median:.1f}", count=right + 140, n=f"{s.n} answers" if s.n > 1 else "1 answer", band=band(i, s),
        )
        for i, s in enumerate(speeds)
    )  # fmt: skip
    foot = _TOP + _ROW * len(speeds) + 12
    axis = Markup().join(_TICK.format(x=x(top * part / 4), y=foot, value=top * part / 4) for part in range(5))
    label = "Tokens per second. " + " ".join(map(_told, speeds))
    return _SVG.format(width=_WIDTH, height=foot + 10, label=label, rows=rows, axis=axis)


def _told(s: SpeedBar) -> str:
    sure = f", at 95 % from {_words(s.interval)}" if s.interval else ""
    return f"{s.label} on {s.backend}: {s.median:.1f}{sure}."


def _words(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.1f} to {interval[1]:.1f}"


def _round_up(rate: float) -> float:
    """The smallest of 1, 2, 4, 8 times a power of ten that is not below `rate`."""
    power = 10.0 ** math.floor(math.log10(rate))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= rate * (1 - 1e-9))
