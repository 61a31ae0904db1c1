"""The one table: maxima, penalties, bounds, grades and statuses. No other module holds a number of the score."""

from __future__ import annotations

import math

from apr_qa.vocab.axes import Category
from apr_qa.vocab.score import Status

FORMULA = "mqs-1"
"""Raised whenever the same evidence may get another score, grade or status."""

MAXIMA = {
    Category.QUAL: 200,
    Category.PERF: 150,
    Category.STAB: 200,
    Category.COMP: 150,
    Category.EDGE: 150,
    Category.REGR: 150,
}
CRASH_PENALTY = 20
TIMEOUT_PENALTY = 10

PROVISIONAL_FROM = 700
"""Raw MQS below which a model is BLOCKED. From where it is CERTIFIED, its tier says."""
QUALIFIES_FROM = 70
PRODUCTION_FROM = 90

GRADES = (
    (97, "A+"),
    (93, "A"),
    (90, "A-"),
    (87, "B+"),
    (83, "B"),
    (80, "B-"),
    (77, "C+"),
    (73, "C"),
    (70, "C-"),
    (67, "D+"),
    (63, "D"),
    (60, "D-"),
)
"""From which normalised score a grade is given; below the last it is F."""


def normalised(mqs: int) -> float:
    """Return 100 x log10(1 + 9 x mqs/1000), rounded to two decimals: 0..100, shown and graded, never a bar."""
    return round(100 * math.log10(1 + 9 * mqs / 1000), 2)


def grade(normalised_score: float) -> str:
    """Return the letter of a normalised score."""
    return next((letter for bound, letter in GRADES if normalised_score >= bound), "F")


def standing(mqs: int, *, certified_at: int, best_status: Status) -> Status:
    """Return what a raw score earns when nothing is missing and no gateway fell, capped by `best_status`."""
    if mqs < PROVISIONAL_FROM:
        return Status.BLOCKED
    may_certify = best_status is Status.CERTIFIED and mqs >= certified_at
    return Status.CERTIFIED if may_certify else Status.PROVISIONAL
