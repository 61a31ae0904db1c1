"""Damage in a few rows: which rows, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apr_qa.contracts.compare import Comparison, Pairing, residual
from apr_qa.contracts.envelopes import Envelope
from apr_qa.contracts.recipes import Recipe, Rows
from apr_qa.contracts.scan import projection
from apr_qa.weights.decode import Floats
from apr_qa.weights.tiles import spans

ROWS_LIMIT = 4096
"""More damaged rows than this are judged by these many of them."""
_CANDIDATES = 4
"""Rows of ground truth looked at closely for each damaged row."""
_MANY = 0.5
"""Above this share of rows it is not damage in a few rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What happened to some rows, in words."""

    kind: str
    says: str
    rows: tuple[int, ...]
    before: float
    """Residual over the damaged rows or block."""
    after: float
    """The same once the damage is undone."""


def damage(pairing: Pairing, made: Recipe, seen: Comparison, envelope: Envelope) -> Damage | None:
    """Return what happened to the bad rows of `seen`; None when it is none of the known things."""
    rows = seen.bad_rows[:ROWS_LIMIT]
    vector = len(pairing.shape) < 2
    if not len(rows):
        return None
    if not vector and len(seen.bad_rows) > _MANY * pairing.rows:
        return None if seen.nonfinite else _moved(pairing, made, rows, envelope)
    true, stored = pairing.truth.chosen(made, rows), pairing.other.chosen(pairing.name, rows)
    if seen.nonfinite:
        return _not_finite(rows, stored)
    units = -(-pairing.columns // (envelope.unit or pairing.columns))
    in_blocks = units > 1 and seen.bad_units <= len(seen.bad_rows) * units / 2
    return (
        _zeroed(rows, true, stored, pairing.rows)
        or (None if vector or in_blocks else _moved(pairing, made, rows, envelope))
        or (None if in_blocks else _scaled_rows(rows, true, stored, envelope))
        or _in_units(rows, true, stored, envelope)
    )


def _named(rows: Rows) -> str:
    """Return row numbers in words: `rows 638-639`, `rows 3, 17 and 250`."""
    numbers = [int(r) for r in rows]
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"rows {numbers[0]}-{numbers[-1]}"
    shown = ", ".join(map(str, numbers[:6]))
    return f"rows {shown}" + (f" and {len(numbers) - 6} more" if len(numbers) > 6 else "")


def _kept(rows: Rows) -> tuple[int, ...]:
    return tuple(int(r) for r in rows[:64])


def _not_finite(rows: Rows, stored: Floats) -> Damage:
    places = np.argwhere(~np.isfinite(stored))
    row, column = int(rows[places[0][0]]), int(places[0][1])
    value = stored[places[0][0], column]
    says = f"{len(places)} values are not finite, first {value} at row {row}, column {column}"
    return Damage(kind="not finite", says=says, rows=_kept(rows), before=float("inf"), after=0.0)


def _zeroed(rows: Rows, true: Floats, stored: Floats, count: int) -> Damage | None:
    blank = ~stored.any(axis=1) & true.any(axis=1)
    if not blank.any() or residual(true[~blank], stored[~blank]) > residual(true, stored) / 2:
        return None
    zero = rows[blank]
    cut = len(zero) == count - int(zero[0]) and len(zero) < count
    kind = "rows cut off" if cut else "rows zeroed"
    says = f"{_named(zero)} {'hold' if len(zero) > 1 else 'holds'} nothing but zeros"
    return Damage(kind=kind, says=says + (", to the end" if cut else ""), rows=_kept(zero), before=1.0, after=0.0)


def _moved(pairing: Pairing, made: Recipe, rows: Rows, envelope: Envelope) -> Damage | None:
    """Find for each bad row the true row that it holds, by nearest sketch, then exactly."""
    given = projection(pairing.columns)
    true = _sketched(pairing, made, given)
    held = pairing.other.chosen(pairing.name, rows)
    origin = _origins(pairing, made, nearest(true, held @ given), held)
    if np.array_equal(origin, rows) or len(set(origin.tolist())) < len(rows) / 2:
        return None
    before, after = residual(pairing.truth.chosen(made, rows), held), residual(pairing.truth.chosen(made, origin), held)
    if after > max(envelope.residual * 2, 1e-6):
        return None
    kind, says = _kind_of_move(rows, origin), _move_in_words(rows, origin)
    return Damage(kind=kind, says=says, rows=_kept(rows), before=before, after=after)


def _sketched(pairing: Pairing, made: Recipe, given: Floats) -> Floats:
    parts = [pairing.truth.rows(made, a, b) @ given for a, b in spans(pairing.rows, pairing.columns)]
    return np.concatenate(parts)


def nearest(true: Floats, stored: Floats) -> Rows:
    """Return for each sketch of `stored` the numbers of the nearest ones of `true`: (stored, up to 4)."""
    from scipy.spatial import cKDTree

    count = min(_CANDIDATES, len(true))
    found = cKDTree(true).query(np.nan_to_num(stored), k=count)[1]
    return np.asarray(found, dtype=np.int64).reshape(len(stored), count)


def _origins(pairing: Pairing, made: Recipe, candidates: Rows, held: Floats) -> Rows:
    """Return for each row the candidate that it really is nearest to."""
    best = [
        min(near, key=lambda r: residual(pairing.truth.chosen(made, np.array([r])), row))
        for near, row in zip(candidates, held, strict=True)
    ]
    return np.array(best, dtype=np.int64)


def _kind_of_move(rows: Rows, origin: Rows) -> str:
    if len(rows) > 2 and len(set((origin - rows).tolist())) == 1:
        return "rows shifted"
    return "rows swapped" if sorted(rows.tolist()) == sorted(origin.tolist()) else "rows copied"


def _move_in_words(rows: Rows, origin: Rows) -> str:
    kind = _kind_of_move(rows, origin)
    if kind == "rows shifted":
        return f"{_named(rows)} hold the true rows {int(origin[0] - rows[0]):+d}"
    if kind == "rows swapped" and len(rows) == 2:
        return f"rows {int(rows[0])} and {int(rows[1])} are swapped"
    pairs = ", ".join(f"row {int(r)} holds true row {int(o)}" for r, o in zip(rows[:3], origin[:3], strict=True))
    return f"{len(rows)} rows lie elsewhere: {pairs}"


def _scaled_rows(rows: Rows, true: Floats, stored: Floats, envelope: Envelope) -> Damage | None:
    factor = float((true * stored).sum() / max(float((true * true).sum()), 1e-30))
    after = residual(true * np.float32(factor), stored)
    if abs(factor - 1) <= envelope.gain * 4 or after > max(envelope.residual * 2, 1e-6):
        return None
    says, before = f"{_named(rows)} scaled by {factor:.4g}", residual(true, stored)
    return Damage(kind="rows scaled", says=says, rows=_kept(rows), before=before, after=after)


def _in_units(rows: Rows, true: Floats, stored: Floats, envelope: Envelope) -> Damage | None:
    """Look at the blocks of the first bad row: zeroed, scaled, one sign or one value."""
    width = envelope.unit or true.shape[1]
    for number, row in enumerate(rows):
        for start in range(0, true.shape[1], width):
            t, s = true[number, start : start + width], stored[number, start : start + width]
            if np.abs(s - t).max() > envelope.peak * np.abs(t).max():
                found = _unit(t, s, envelope)
                if found:
                    kind, says, after = found
                    where = f"row {int(row)}, columns {start}-{start + len(t) - 1}: {says}"
                    more = f", and {len(rows) - 1} more rows" if len(rows) > 1 else ""
                    before = residual(t, s)
                    return Damage(kind=kind, says=where + more, rows=_kept(rows), before=before, after=after)
                return None
    return None


def _unit(true: Floats, stored: Floats, envelope: Envelope) -> tuple[str, str, float] | None:
    if not stored.any():
        return "block zeroed", "nothing but zeros", 0.0
    single = int(np.abs(stored - true).argmax())
    rest_true, rest_stored = np.delete(true, single), np.delete(stored, single)
    limit = max(envelope.residual * 3, 1e-6)
    rest = residual(rest_true, rest_stored)
    if rest <= limit:
        flipped = abs(stored[single] + true[single]) <= max(envelope.peak * float(np.abs(true).max()), 1e-12)
        if flipped:
            return "sign flipped", f"the sign of value {single} is flipped", rest
        return "value changed", f"value {single} is {stored[single]:.4g}, true {true[single]:.4g}", rest
    factor = float(np.dot(true, stored) / max(float(np.dot(true, true)), 1e-30))
    after = residual(true * np.float32(factor), stored)
    return ("block scaled", f"scaled by {factor:.4g}", after) if after <= limit else None
