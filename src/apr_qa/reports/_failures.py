"""What failed, grouped by cause, worst first; within limits that keep a page readable and small."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from dataclasses import dataclass, field

from apr_qa.reports._display import one_line
from apr_qa.reports._examples import Example, Witness, cost, example
from apr_qa.reports._words import TONES, subjects_words
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.lookup import for_the_same
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome

EXAMPLES = 24
"""Failed claims of a group told in full."""
LINES = 120
"""Failed claims of a group told in one line each, after those."""
BUDGET = 600_000
"""Characters of escaped foreign text on one page."""
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One claim in one line."""

    claim: str
    outcome: Outcome
    tone: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failed claims that share a gate, an outcome and the shape of their reason."""

    anchor: str
    gate: str
    outcome: Outcome
    tone: str
    severity: str
    felled: str
    """The gateway that it brought down, or empty."""
    category: str
    title: str
    subjects: str
    culprit: str
    count: int
    figures: tuple[tuple[str, str], ...]
    examples: tuple[Example, ...]
    lines: tuple[Line, ...]
    left_out: int
    about: frozenset[Subject]
    """What its claims are about."""


@dataclass(slots=True)
class _Members:
    """Lost claims of one cause: the first few whole, the others counted."""

    kept: list[Judged] = field(default_factory=list)
    about: dict[Subject, None] = field(default_factory=dict)
    count: int = 0
    severity: str = ""
    felled: str = ""

    def add(self, judged: Judged) -> None:
        claim = judged.claim
        self.count += 1
        self.about[claim.subject] = None
        self.severity = min(self.severity or str(claim.severity), str(claim.severity))
        self.felled = self.felled or str(claim.gateway or "")
        if len(self.kept) < EXAMPLES + LINES:
            self.kept.append(judged)

    def badness(self) -> tuple[bool, str, int, str]:
        return self.felled == "", self.severity, -self.count, self.kept[0].claim.id


@for_the_same
def grouped_failures(evidence: Evidence) -> tuple[FailureGroup, ...]:
    """Return the lost claims grouped by cause: what felled a gateway first, then by severity and number."""
    groups: defaultdict[tuple[str, ...], _Members] = defaultdict(_Members)
    alone: set[str] = set()
    for judged in evidence.judged:
        if judged.verdict.outcome.is_lost:
            groups[judged.claim.gate, judged.verdict.outcome, _cause(judged)].add(judged)
            if len(judged.claim.needs) == 1:
                alone.add(judged.claim.needs[0])
    ordered = sorted(groups.values(), key=_Members.badness)
    witness = Witness.of(evidence, [judged for members in ordered for judged in members.kept[:EXAMPLES]], alone)
    left = BUDGET
    found: list[FailureGroup] = []
    for number, members in enumerate(ordered, start=1):
        share = max(left // (len(ordered) - number + 1), 0)
        group, used = _group(f"cause-{number}", members, witness, share)
        left -= used
        found.append(group)
    return tuple(found)


def line_of(judged: Judged) -> Line:
    """Return one claim with its outcome and reason in one line."""
    outcome = judged.verdict.outcome
    return Line(
        claim=one_line(judged.claim.id, 100),
        outcome=outcome,
        tone=TONES[outcome],
        reason=one_line(judged.verdict.reason, 140),
    )


def _cause(judged: Judged) -> str:
    named = judged.verdict.detail.get("cause")
    return named if isinstance(named, str) else _QUOTED.sub("#", judged.verdict.reason[:200])


def _group(anchor: str, members: _Members, witness: Witness, budget: int) -> tuple[FailureGroup, int]:
    examples: list[Example] = []
    lines: list[Line] = []
    used = 0
    for judged in members.kept:
        if len(examples) < EXAMPLES and (not examples or used < budget):
            examples.append(example(judged, witness))
            used += cost(examples[-1])
        elif len(lines) < LINES and used < budget:
            lines.append(line_of(judged))
            used += len(html.escape(lines[-1].claim + lines[-1].reason))
    first = members.kept[0]
    group = FailureGroup(
        anchor=anchor,
        gate=one_line(first.claim.gate, 60),
        outcome=first.verdict.outcome,
        tone=TONES[first.verdict.outcome],
        severity=members.severity,
        felled=members.felled,
        category=str(first.claim.category),
        title=one_line(first.verdict.reason, 240),
        subjects=subjects_words(list(members.about)),
        culprit=one_line(str(first.verdict.detail.get("culprit", "")), 60),
        count=members.count,
        figures=_figures(first),
        examples=tuple(examples),
        lines=tuple(lines),
        left_out=members.count - len(examples) - len(lines),
        about=frozenset(members.about),
    )
    return group, used


def _figures(judged: Judged) -> tuple[tuple[str, str], ...]:
    plain = (
        (key, value)
        for key, value in judged.verdict.detail.items()
        if isinstance(value, str | int | float | bool)
        and key not in {"scenario", "culprit", "cause", "answer", "reproduce"}
    )
    return tuple((one_line(key.replace("_", " "), 40), one_line(_figure(value), 120)) for key, value in plain)[:8]


def _figure(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
