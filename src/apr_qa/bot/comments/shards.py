"""The shards of a run as a chart that GitHub draws in the colours of the reader; the numbers stand in its title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apr_qa.bot.comments.parts import Part, folded, part

_UNSAFE = re.compile(r"[^A-Za-z0-9._/ -]")
"""Anything else could mean something to Mermaid."""
_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One shard: of which model, from when, how long."""

    model: str
    number: int
    minutes: float
    """That it took; as planned while it has not ended."""
    began: datetime | None = None
    ended: bool = False


def chart(bars: Sequence[Bar], now: datetime) -> list[Part]:
    """Return the shards, folded; nothing where there is only one."""
    if len(bars) < 2:
        return []
    done = sum(bar.ended for bar in bars)
    going = sum(bar.began is not None and not bar.ended for bar in bars)
    title = f"Shards: {done} done, {going} running, {len(bars) - done - going} waiting"
    return [part(folded(title, _gantt(title, bars[:_MOST], now)), title, rank=2)]


def _gantt(title: str, bars: Sequence[Bar], now: datetime) -> str:
    lines = ["```mermaid", "gantt", f"  accTitle: {title.replace(':', '')}", "  dateFormat YYYY-MM-DDTHH:mm"]
    lines.append("  axisFormat %H:%M")
    for model in dict.fromkeys(bar.model for bar in bars):
        lines.append(f"  section {_UNSAFE.sub('_', model)[:80]}")
        lines += [f"    Shard {bar.number} :{_when(bar, now)}" for bar in bars if bar.model == model]
    return "\n".join([*lines, "```"])


def _when(bar: Bar, now: datetime) -> str:
    mark = "done, " if bar.ended else "active, " if bar.began else ""
    return f"{mark}{bar.began or now:%Y-%m-%dT%H:%M}, {max(1, round(bar.minutes))}m"
