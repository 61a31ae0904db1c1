"""Rows of `models.csv`: exactly twenty columns, then whatever else the file held."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from apr_qa.errors import InputError
from apr_qa.registry.record import Record
from apr_qa.registry.standing import Standing
from apr_qa.vocab.axes import Gateway, SizeClass
from apr_qa.vocab.catalog import KnownModel
from apr_qa.vocab.score import GatewayState, Status

COLUMNS = (
    "model_id", "family", "parameters", "size_category", "status", "mqs_score", "grade", "certified_tier",
    "last_certified", "g1", "g2", "g3", "g4", "tps_gguf_cpu", "tps_gguf_gpu", "tps_apr_cpu", "tps_apr_gpu",
    "tps_st_cpu", "tps_st_gpu", "provenance_verified",
)  # fmt: skip
_TPS = {
    "tps_gguf_cpu": "gguf-cpu",
    "tps_gguf_gpu": "gguf-gpu",
    "tps_apr_cpu": "apr-cpu",
    "tps_apr_gpu": "apr-gpu",
    "tps_st_cpu": "safetensors-cpu",
    "tps_st_gpu": "safetensors-gpu",
}
_STATES = {GatewayState.HOLDS: "true", GatewayState.FELL: "false", GatewayState.NOT_EVALUATED: ""}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS_LIMIT = 200
_PARAMETERS = re.compile(r"(?:([0-9]{1,6})x)?([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([KMBT]?)", re.IGNORECASE)
_BOUNDS = (
    (1.0, SizeClass.TINY),
    (5.0, SizeClass.SMALL),
    (10.0, SizeClass.MEDIUM),
    (30.0, SizeClass.LARGE),
    (100.0, SizeClass.XLARGE),
)
Row = dict[str, str]


def rows_of(facts: Sequence[KnownModel], standings: Mapping[str, Standing]) -> tuple[Row, ...]:
    """Return a row for every known or recorded model, by family, size and name."""
    known = {fact.model: fact for fact in facts}
    rows = [_row(known.get(name), standings.get(name), name) for name in {*known, *standings}]
    return tuple(sorted(rows, key=lambda r: (r["family"], billions(r["parameters"]), r["model_id"])))


def csv_text(rows: Iterable[Row], extra: Mapping[str, Row] | None = None) -> str:
    """Return RFC 4180 text with LF line ends; `extra` holds further columns by model.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    extra = extra or {}
    more = sorted({column for row in extra.values() for column in row} - set(COLUMNS))
    lines = [_line([*COLUMNS, *more])]
    for row in rows:
        kept = extra.get(row["model_id"], {})
        lines.append(_line([*(row[c] for c in COLUMNS), *(kept.get(c, "") for c in more)]))
    return "".join(lines)


def _line(cells: Iterable[str]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([_guarded(cell) for cell in cells])  # quotes CR and LF, both being in its line end
    return stream.getvalue().removesuffix("\r\n") + "\n"


def parse_csv(text: str) -> tuple[Row, ...]:
    """Return the rows of a registry table, our own or the original's; cells that are missing are empty.

    Raises InputError for a table of too many columns.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restval="")
    columns = len(reader.fieldnames or ())
    if columns > COLUMNS_LIMIT:  # each short row would be filled up to them
        raise InputError(f"a table of {columns} columns is no table of models", remedy=f"Keep at most {COLUMNS_LIMIT}.")
    found = []
    for cells in reader:
        row = {str(_bare(key)): _bare(value) for key, value in cells.items() if key is not None}
        if any(row.values()):
            found.append(row)
    return tuple(found)


def further_columns(text: str) -> Mapping[str, Row]:
    """Return the columns of an existing table that we do not know, by model."""
    return {
        row["model_id"]: {column: value for column, value in row.items() if column not in COLUMNS}
        for row in parse_csv(text)
        if "model_id" in row
    }


def billions(parameters: str) -> float:
    """Return `1.5B` as 1.5, `135M` as 0.135, a mixture `8x7B` as 56, and what cannot be read as 0."""
    found = _PARAMETERS.match(parameters.strip())
    if not found:
        return 0.0
    scale = {"K": 1e-6, "M": 1e-3, "T": 1e3}.get(found[3].upper(), 1.0)
    return int(found[1] or 1) * float(found[2]) * scale


def size_of(parameters: str) -> SizeClass:
    """Return the size class of a parameter count."""
    return next((size for bound, size in _BOUNDS if billions(parameters) < bound), SizeClass.HUGE)


def _row(fact: KnownModel | None, standing: Standing | None, name: str) -> Row:
    record = standing.record if standing else None
    parameters = fact.parameters if fact else record.parameters if record else ""
    row = dict.fromkeys(COLUMNS, "") | {
        "model_id": name,
        "family": fact.family if fact else record.family if record else "",
        "parameters": parameters,
        "size_category": str(fact.size if fact else size_of(parameters)),
    }
    return row | (_judged(record) if record else _pending())


def _pending() -> Row:
    return {
        "status": str(Status.PENDING),
        "mqs_score": "0",
        "grade": "-",
        "certified_tier": "none",
        "provenance_verified": "false",
    }


def _judged(record: Record) -> Row:
    gateways = (Gateway.G1, Gateway.G2, Gateway.G3, Gateway.G4)
    return {
        "status": str(record.status),
        "mqs_score": str(record.mqs),
        "grade": record.grade,
        "certified_tier": str(record.tier),
        "last_certified": record.last_certified,
        **{g.lower(): _STATES[record.gateways.get(g, GatewayState.NOT_EVALUATED)] for g in gateways},
        **{c: f"{record.tps[key].median:.1f}" if key in record.tps else "" for c, key in _TPS.items()},
        "provenance_verified": str(record.provenance_verified).lower(),
    }


def _guarded(cell: str) -> str:
    return f"'{cell}" if _like_formula(cell) and cell != "-" else cell


def _bare(cell: str | None) -> str:
    """Undo `_guarded`: a cell that had apostrophes of its own keeps them."""
    text = cell or ""
    return text[1:] if text.startswith("'") and _like_formula(text) else text


def _like_formula(cell: str) -> bool:
    return cell.lstrip("'").startswith(_FORMULA)
