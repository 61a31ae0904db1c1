"""Throughput of a run: only answers that passed are counted, and only figures that are there."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

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

    The figure is the engine's own, else its token count over the time we measured.
    """
    passed = passed_scenarios(evidence)
    cells = {
        s.id: s.cell for s in evidence.run.scenarios if s.purpose is Purpose.MATRIX and not s.engine and s.id in passed
    }
    figures: defaultdict[tuple[Format, Backend], list[float]] = defaultdict(list)
    for seen in evidence.observations:
        rate = _rate(seen)
        if seen.scenario in cells and math.isfinite(rate) and rate > 0:
            figures[cells[seen.scenario].format, cells[seen.scenario].backend].append(rate)
    return {key: tuple(figures[key]) for key in itertools.product(Format, Backend) if key in figures}


@for_the_same
def throughput(evidence: Evidence) -> Mapping[tuple[Format, Backend], Speed]:
    """Return the speed by format and backend, from `rates`."""
    return {
        key: Speed(median=statistics.median(found), lowest=min(found), highest=max(found), n=len(found))
        for key, found in rates(evidence).items()
    }


def _rate(seen: Observation) -> float:
    if seen.reply.tokens_per_s is not None:
        return seen.reply.tokens_per_s
    return seen.reply.completion_tokens / seen.elapsed_s if seen.reply.completion_tokens and seen.elapsed_s > 0 else 0.0
