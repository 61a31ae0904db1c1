"""The README's certification table: pure text in, text out; nothing outside the markers is touched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from apr_qa.errors import InputError
from apr_qa.registry.rows import Row
from apr_qa.registry.standing import Standing
from apr_qa.vocab.axes import Gateway
from apr_qa.vocab.score import GatewayState, Status

START = "<!-- CERTIFICATION_TABLE_START -->"
END = "<!-- CERTIFICATION_TABLE_END -->"
_ORDER = (Status.CERTIFIED, Status.PROVISIONAL, Status.PARTIAL, Status.BLOCKED, Status.FAIL)
_MARKS = {GatewayState.HOLDS: "✓", GatewayState.FELL: "✗", GatewayState.NOT_EVALUATED: "?"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#!|~$&])")
_HEADER = (
    ("Model", "---"),
    ("Size", "---"),
    ("Status", "---"),
    ("MQS", "--:"),
    ("Grade", "---"),
    ("Tier", "---"),
    ("At least", "--:"),
    ("G0–G4", "---"),
    ("Until", "---"),
    ("GGUF cpu/gpu", "--:"),
    ("APR cpu/gpu", "--:"),
    ("SafeTensors cpu/gpu", "--:"),
)
_SPEEDS = ("tps_gguf_cpu", "tps_gguf_gpu", "tps_apr_cpu", "tps_apr_gpu", "tps_st_cpu", "tps_st_gpu")


def replace_block(readme: str, block: str) -> str:
    """Return `readme` with `block` between the markers. Raises InputError unless both stand there once, in order."""
    starts, ends = readme.count(START), readme.count(END)
    if starts != 1 or ends != 1 or readme.index(START) > readme.index(END):
        raise InputError(
            f"the README must hold the marker {START} once, and {END} once after it",
            remedy="Put both markers where the table belongs.",
        )
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{block}{END}{after}"


def readme_block(rows: Sequence[Row], standings: Mapping[str, Standing], local: Mapping[str, str]) -> str:
    """Return the summary, the table of judged models, best first, and the list of those that wait.

    `local` holds the folders of models that lie in this repository, by name.
    """
    judged = sorted((r for r in rows if r["model_id"] in standings), key=_rank)
    waiting = [r for r in rows if r["model_id"] not in standings]
    return "\n".join([*_summary(rows), *_judged(judged, standings, local), *_waiting(waiting, local)]) + "\n"


def _rank(row: Row) -> tuple[int, int, str]:
    return _ORDER.index(Status(row["status"])), -int(row["mqs_score"]), row["model_id"]


def _summary(rows: Sequence[Row]) -> Iterator[str]:
    counts = Counter(row["status"] for row in rows)
    parts = [f"{counts[status]} {status.lower()}" for status in (*_ORDER, Status.PENDING) if counts[status]]
    yield ""
    yield f"**{len(rows)} models**: {', '.join(parts) or 'none yet'}."
    yield ""


def _judged(rows: Sequence[Row], standings: Mapping[str, Standing], local: Mapping[str, str]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(title for title, _ in _HEADER)} |"
    yield f"|{'|'.join(rule for _, rule in _HEADER)}|"
    for row in rows:
        link = _linked(row["model_id"], local)
        yield f"| {' | '.join([link, *_cells(row, standings[row['model_id']])])} |"
    yield ""
    yield "**At least**: 95 % lower bound of the pass rate, with n. Speeds: tokens per second of passed answers."
    yield ""


def _cells(row: Row, standing: Standing) -> Iterator[str]:
    record = standing.record
    less = f" ({_plain('; '.join(record.reservations))})" if record.reservations else ""
    yield _plain(row["parameters"])
    yield f"{row['status']}{f' (stale: {_plain(standing.stale)})' if standing.stale else ''}"
    yield row["mqs_score"]
    yield row["grade"]
    yield f"{row['certified_tier']}{less}"
    yield "–" if record.lower_bound is None else f"{int(record.lower_bound * 1000) / 10:.1f} % ({record.judged})"
    yield "".join(_MARKS[record.gateways.get(g, GatewayState.NOT_EVALUATED)] for g in Gateway)
    yield record.expires
    speeds = [row[column] or "–" for column in _SPEEDS]
    for cpu, gpu in zip(speeds[::2], speeds[1::2], strict=True):
        yield f"{cpu} / {gpu}" if (cpu, gpu) != ("–", "–") else "–"


def _waiting(rows: Sequence[Row], local: Mapping[str, str]) -> Iterator[str]:
    if not rows:
        return
    yield f"<details><summary>{len(rows)} pending</summary>"
    yield ""
    for family in dict.fromkeys(row["family"] for row in rows):
        members = ", ".join(
            f"{_linked(row['model_id'], local)} {_plain(row['parameters'])}" for row in rows if row["family"] == family
        )
        yield f"- **{_plain(family)}**: {members}"
    yield ""
    yield "</details>"
    yield ""


def _linked(model: str, local: Mapping[str, str]) -> str:
    organisation, _, name = model.rpartition("/")
    if model in local:
        return f"[{_plain(name)}]({local[model]})"
    return f"[{_plain(name)}](https://huggingface.co/{model})" if organisation else _plain(name)


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
