"""Points of the six categories: what survived, weighed against all that was judged."""

from __future__ import annotations

from collections import Counter, defaultdict

from apr_qa.score.grade import MAXIMA
from apr_qa.score.tally import Tally
from apr_qa.vocab.axes import Category
from apr_qa.vocab.score import CategoryScore
from apr_qa.vocab.verdict import Outcome


def points(tally: Tally) -> dict[Category, CategoryScore]:
    """Return the six categories. One in which nothing was judged has no points."""
    earned: defaultdict[Category, float] = defaultdict(float)
    judged: defaultdict[Category, float] = defaultdict(float)
    counts: defaultdict[Category, Counter[Outcome]] = defaultdict(Counter)
    for claim, outcome, _ in tally.results():
        counts[claim.category][outcome] += 1
        if outcome.is_judged:
            judged[claim.category] += claim.weight
        if outcome is Outcome.CORROBORATED:
            earned[claim.category] += claim.weight
    return {c: _score(MAXIMA[c], earned[c], judged[c], counts[c]) for c in Category}


def _score(maximum: int, earned: float, judged: float, counts: Counter[Outcome]) -> CategoryScore:
    return CategoryScore(
        points=maximum * (earned / judged) if judged > 0 else 0.0,
        maximum=maximum,
        corroborated=counts[Outcome.CORROBORATED],
        lost=sum(number for outcome, number in counts.items() if outcome.is_lost),
        unjudged=counts[Outcome.UNJUDGED],
        skipped=counts[Outcome.SKIPPED],
    )
