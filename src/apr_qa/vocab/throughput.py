"""Throughput of a run: only answers that passed are counted, and only figures that are there."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from apr_qa.stats.resampling import median_interval
from apr_qa.vocab.axes import Backend, Category, Format
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.lookup import for_the_same
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.scenario import Purpose
from apr_qa.vocab.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Tokens per second over the passed answers of one format and backend."""

    median: float
    lowest: float
    highest: float
    n: int
    """Answers counted."""
    interval: tuple[float, float] | None
    """95 % bootstrap interval of the median; None with too few answers."""


def passed_scenarios(evidence: Evidence) -> frozenset[str]:
    """Return the scenarios whose answer survived: a quality claim rests on it and no claim about it alone was lost."""
    survived: set[str] = set()
    lost: set[str] = set()
    for judged in evidence.judged:
        if judged.claim.category is Category.QUAL and judged.verdict.outcome is Outcome.CORROBORATED:
            survived.update(judged.claim.needs)
        if judged.verdict.outcome.is_lost and len(judged.claim.needs) == 1:
            lost.update(judged.claim.needs)
    return frozenset(survived - lost)


def rates(evidence: Evidence) -> Mapping[tuple[Format, Backend], tuple[float, ...]]:
    """Return tokens per second of each passed matrix answer of the engine on trial, by format and backend.

    The figure is the engine's own, else its token count over the time we measured, without what it says loading took.
    The first answer of a session that gave more than one is a warm-up: it counts only where there is nothing else.
    """
    passed = passed_scenarios(evidence)
    cells = {
        s.id: s.cell for s in evidence.run.scenarios if s.purpose is Purpose.MATRIX and not s.engine and s.id in passed
    }
    asked = Counter(seen.session for seen in evidence.observations)
    warm: set[str] = set()
    measured: defaultdict[tuple[Format, Backend], list[float]] = defaultdict(list)
    warm_ups: defaultdict[tuple[Format, Backend], list[float]] = defaultdict(list)
    for seen in evidence.observations:
        first = bool(seen.session) and seen.session not in warm and asked[seen.session] > 1
        warm.add(seen.session)
        rate = _rate(seen)
        if seen.scenario in cells and math.isfinite(rate) and rate > 0:
            cell = cells[seen.scenario]
            (warm_ups if first else measured)[cell.format, cell.backend].append(rate)
    figures = {key: tuple(measured[key] or warm_ups[key]) for key in itertools.product(Format, Backend)}
    return {key: found for key, found in figures.items() if found}


@for_the_same
def throughput(evidence: Evidence) -> Mapping[tuple[Format, Backend], Speed]:
    """Return the speed by format and backend, from `rates`."""
    return {
        key: Speed(
            median=statistics.median(found),
            lowest=min(found),
            highest=max(found),
            n=len(found),
            interval=median_interval(found),
        )
        for key, found in rates(evidence).items()
    }


def _rate(seen: Observation) -> float:
    if seen.reply.tokens_per_s is not None:
        return seen.reply.tokens_per_s
    answering_s = seen.elapsed_s - (seen.reply.load_s or 0.0)
    return seen.reply.completion_tokens / answering_s if seen.reply.completion_tokens and answering_s > 0 else 0.0
