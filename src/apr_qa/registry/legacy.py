"""Reads the table that the original wrote: CRLF, mixed dates, loose numbers, six statuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from apr_qa.registry.rows import COLUMNS, parse_csv
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.score import Status
from apr_qa.vocab.validity import parse_time

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyRow:
    """What the original said of a model. None means: it did not say, or nothing readable."""

    model: str
    family: str
    parameters: str
    size: str
    status: Status | None
    mqs: int | None
    grade: str
    tier: Tier | None
    last_certified: str
    """UTC, RFC 3339, to the second; empty when unreadable."""
    gateways: Mapping[str, bool | None]
    """Its columns g1 to g4, which held G0 to G3."""
    tps: Mapping[str, float]
    """By column; a zero stood for a failed measurement and is left out."""
    provenance_verified: bool | None
    extra: Mapping[str, str]
    """Columns that are none of the twenty."""


def read_legacy_csv(text: str) -> tuple[LegacyRow, ...]:
    """Return the rows of the original's table; rows without a model are passed over."""
    return tuple(_legacy(row) for row in parse_csv(text) if row.get("model_id"))


def _legacy(row: Mapping[str, str]) -> LegacyRow:
    cells = {column: row.get(column, "").strip() for column in COLUMNS}
    moment = parse_time(cells["last_certified"])
    speeds = {column: _number(cells[column]) for column in COLUMNS if column.startswith("tps_")}
    mqs = _number(cells["mqs_score"])
    return LegacyRow(
        model=cells["model_id"],
        family=cells["family"],
        parameters=cells["parameters"],
        size=cells["size_category"].lower(),
        status=_choice(Status, cells["status"].upper()),
        mqs=None if mqs is None else int(mqs),
        grade=cells["grade"].removeprefix("-"),
        tier=_choice(Tier, cells["certified_tier"].lower()),
        last_certified=moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "",
        gateways={name: _boolean(cells[name]) for name in ("g1", "g2", "g3", "g4")},
        tps={column: speed for column, speed in speeds.items() if speed},
        provenance_verified=_boolean(cells["provenance_verified"]),
        extra={column: value for column, value in row.items() if column not in COLUMNS},
    )


def _choice(kind: type[E], word: str) -> E | None:
    return next((member for member in kind if member == word), None)


def _boolean(word: str) -> bool | None:
    return {"true": True, "false": False}.get(word.lower())


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
