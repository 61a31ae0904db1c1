"""The static site: a page for the registry and one for each judged model, derived from the records alone."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from apr_qa.registry.record import Record
from apr_qa.registry.rows import Row, rows_of
from apr_qa.registry.sparkline import sparkline
from apr_qa.registry.standing import Standing, standings
from apr_qa.text import one_line
from apr_qa.vocab.axes import Backend, Format, Gateway, Modality, Tier
from apr_qa.vocab.catalog import KnownModel
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.validity import VALID_DAYS
from apr_qa.vocab.verdict import Outcome

_TONES = {
    Status.CERTIFIED: "ok",
    Status.PROVISIONAL: "half",
    Status.PARTIAL: "unj",
    Status.BLOCKED: "bad",
    Status.FAIL: "fail",
    Status.PENDING: "none",
}
"""In the order in which the statuses are listed."""
_STATE_TONES = {GatewayState.HOLDS: "ok", GatewayState.FELL: "bad", GatewayState.NOT_EVALUATED: "unj"}
_WORST = {
    Outcome.CRASHED: "fail",
    Outcome.FALSIFIED: "bad",
    Outcome.TIMEOUT: "half",
    Outcome.UNJUDGED: "unj",
    Outcome.SKIPPED: "none",
}
_LABELS = {Format.SAFETENSORS: "SafeTensors", Format.APR: "APR", Format.GGUF: "GGUF"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model as the site shows it."""

    organisation: str
    name: str
    family: str
    parameters: str
    status: Status
    rank: int
    tier: str
    words: str
    link: str
    expires: str
    stale: str
    record: Record | None
    history: tuple[Record, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    tone: str
    count: str
    word: str


def site(records: Iterable[Record], facts: Sequence[KnownModel]) -> Mapping[str, str]:
    """Return the pages by path: `index.html` and `models/org/name.html`. No clock: equal records, equal bytes."""
    places = standings(records)
    entries = [_entry(row, places.get(row["model_id"])) for row in rows_of(facts, places)]
    entries.sort(key=lambda e: (e.rank, -(e.record.mqs if e.record else 0)))
    counts = Counter(entry.status for entry in entries)
    pages = {
        "index.html": _environment()
        .get_template("index.j2")
        .render(
            rows=entries,
            counts=[(status, counts[status]) for status in _TONES if counts[status]],
            families=sorted({e.family for e in entries}),
            tiers=[t for t in Tier if any(e.tier == t for e in entries)],
            valid_days=VALID_DAYS,
        )
    }
    return pages | {entry.link: _page(entry, entry.record) for entry in entries if entry.record}


def _entry(row: Row, standing: Standing | None) -> Entry:
    organisation, _, name = row["model_id"].rpartition("/")
    status = Status(row["status"])
    words = f"{row['model_id']} {row['family']} {row['parameters']} {status}"
    return Entry(
        organisation=organisation,
        name=name,
        family=row["family"],
        parameters=row["parameters"],
        status=status,
        rank=list(_TONES).index(status),
        tier=row["certified_tier"] if standing else "",
        words=one_line(words.lower(), 400),
        link=f"models/{row['model_id']}.html",
        expires=standing.record.expires if standing else "",
        stale=standing.stale if standing else "",
        record=standing.record if standing else None,
        history=standing.history if standing else (),
    )


def _page(entry: Entry, record: Record) -> str:
    columns = [f"{b}-{m}" for b in Backend for m in Modality if any(c.endswith(f"-{b}-{m}") for c in record.cells)]
    formats = [f for f in Format if any(c.startswith(f"{f}-") for c in record.cells)]
    return (
        _environment()
        .get_template("model.j2")
        .render(
            m=entry,
            r=record,
            up="../" * entry.link.count("/"),
            columns=columns,
            matrix=[(_LABELS[f], [_cell(record, f"{f}-{column}") for column in columns]) for f in formats],
            origins=list(_origins(record)),
        )
    )


def _cell(record: Record, name: str) -> _Cell:
    counts = record.outcomes_by_cell.get(name, {})
    if name not in record.cells:
        return _Cell(tone="none", count="", word="not planned")
    if not counts:
        return _Cell(tone="unj", count="", word="not judged")
    judged = sum(n for outcome, n in counts.items() if outcome.is_judged)
    survived = counts.get(Outcome.CORROBORATED, 0)
    worst = next((o for o in _WORST if counts.get(o)), None)
    word = f"{counts[worst]} {worst}" if worst else "all survived"
    return _Cell(tone=_WORST[worst] if worst else "ok", count=f"{survived}/{judged}", word=word)


def _origins(record: Record) -> Iterator[tuple[str, str]]:
    yield "Revision", record.revision or "none: a local folder"
    yield f"Playbook {record.playbook}", record.playbook_digest
    yield "Plan", record.plan_digest
    yield "Evidence", record.evidence
    yield from record.files.items()
    yield "Judge", f"apr-qa {record.apr_qa_version}, formula {record.formula}"


def _states(record: Record) -> list[tuple[Gateway, GatewayState]]:
    return [(g, record.gateways.get(g, GatewayState.NOT_EVALUATED)) for g in Gateway]


def _engines(record: Record) -> str:
    return ", ".join(dict.fromkeys(f"{e.name} {e.version}" for e in record.engines.values()))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("apr_qa.registry", "_site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source, _, _ = PackageLoader("apr_qa.registry", "_site").get_source(environment, "site.js")
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    environment.globals.update(
        script=Markup(source),  # noqa: S704  (our own file, not a value)
        script_hash=f"sha256-{digest}",
        tones=_TONES,
        state_tones=_STATE_TONES,
        states=_states,
        engines=_engines,
        sparkline=sparkline,
        percent=lambda share: f"{int(share * 1000 + 1e-9) / 10:.1f} %",
    )
    return environment
