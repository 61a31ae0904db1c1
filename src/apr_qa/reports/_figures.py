"""Numbers that are drawn: points by category, speed, and the facts behind the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apr_qa.reports._display import one_line
from apr_qa.reports._words import CATEGORIES, FORMATS, plural
from apr_qa.stats.bound import lower_bound
from apr_qa.stats.judged import sentence
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.score import CategoryScore, Scorecard
from apr_qa.vocab.throughput import throughput

FILES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryBar:
    """Points of a category, its claims, and the lower bound of their pass rate."""

    id: str
    name: str
    meaning: str
    points: str
    maximum: int
    share: float
    """Points of the maximum, 0..1."""
    bound: float | None
    """95 % lower bound of the pass rate, 0..1."""
    judged: int
    survived: int
    rest: str
    """Claims that are neither survived nor lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedBar:
    """Tokens per second of one format and backend."""

    label: str
    backend: str
    median: float
    lowest: float
    highest: float
    interval: tuple[float, float] | None
    """95 % bootstrap interval of the median; None with too few answers."""
    n: int


def category_bars(card: Scorecard) -> tuple[CategoryBar, ...]:
    """Return the six categories in their order."""
    return tuple(
        CategoryBar(
            id=str(category),
            name=CATEGORIES[category][0],
            meaning=CATEGORIES[category][1],
            points=f"{score.points:.1f}".removesuffix(".0"),
            maximum=score.maximum,
            share=min(max(score.points / max(score.maximum, 1), 0.0), 1.0),
            bound=lower_bound(score.corroborated, score.corroborated + score.lost),
            judged=score.corroborated + score.lost,
            survived=score.corroborated,
            rest=_rest(score),
        )
        for category in CATEGORIES
        if (score := card.categories.get(category))
    )


def speed_bars(evidence: Evidence) -> tuple[SpeedBar, ...]:
    """Return the throughput of passed answers by format and backend."""
    return tuple(
        SpeedBar(
            label=FORMATS[fmt],
            backend=str(backend),
            median=speed.median,
            lowest=speed.lowest,
            highest=speed.highest,
            interval=speed.interval,
            n=speed.n,
        )
        for (fmt, backend), speed in throughput(evidence).items()
    )


def provenance(evidence: Evidence, card: Scorecard) -> tuple[tuple[str, str, str], ...]:
    """Return (what, value, digest) of everything the verdict depends on."""
    rows = (*_origins(evidence), *_files(evidence), *_conditions(evidence, card))
    return tuple((one_line(a, 120), one_line(b, 600), one_line(c, 140)) for a, b, c in rows if b or c)


def _rest(score: CategoryScore) -> str:
    parts = [f"{n} {word}" for n, word in ((score.unjudged, "unjudged"), (score.skipped, "skipped")) if n]
    return ", ".join(parts) if parts else "" if score.corroborated + score.lost else "nothing judged"


def _origins(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    run = evidence.run
    yield "Model", run.model, f"revision {run.revision}" if run.revision else ""
    yield "Playbook", run.playbook, run.playbook_digest
    yield (
        "Plan",
        f"{run.planned_matrix} matrix scenarios, {run.planned_probes} probes, seed {run.seed}",
        run.plan_digest,
    )
    seen: set[tuple[str, str]] = set()
    for engine in run.engines.values():
        if (engine.name, engine.version) not in seen:
            seen.add((engine.name, engine.version))
            yield "Engine", f"{engine.name} {engine.version}", engine.digest


def _files(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    files = sorted(evidence.run.files.items())
    for name, digest in files[:FILES]:
        yield "File", name, digest
    if len(files) > FILES:
        yield "Files", f"{plural(len(files) - FILES, 'more file')} in the evidence", ""


def _conditions(evidence: Evidence, card: Scorecard) -> Iterator[tuple[str, str, str]]:
    run = evidence.run
    yield "Evidence", f"schema {evidence.schema_version}, {plural(len(evidence.judged), 'claim')}", evidence.seal
    yield "Judge", f"apr-qa {run.apr_qa_version}, score formula {card.formula}", ""
    yield "The judge, judged", sentence(card.tier), ""
    yield "Machine", ", ".join(_fact(key, value) for key, value in run.host.items() if value not in (None, "")), ""
    yield "Plug-ins", ", ".join(run.plug_ins), ""


def _fact(key: str, value: object) -> str:
    if key.endswith("_bytes") and isinstance(value, int):
        return f"{key.removesuffix('_bytes')} {value / 1e9:.1f} GB"
    words = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return f"{key} {words}"
