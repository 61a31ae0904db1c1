"""What failed, grouped by cause, worst first; within limits that keep a page readable and small."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from apr_qa.reports._display import Piece, one_line, pieces, visible
from apr_qa.reports._words import TONES, subject_words, subjects_words
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.lookup import for_the_same
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome

EXAMPLES = 24
"""Failed claims of a group told in full."""
LINES = 120
"""Failed claims of a group told in one line each, after those."""
BUDGET = 600_000
"""Characters of escaped foreign text on one page."""
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One failed claim in full."""

    claim: str
    subject: str
    reason: str
    prompt: tuple[Piece, ...] = ()
    answer: tuple[Piece, ...] = ()
    answered: bool = False
    ended: str = ""
    expected: str = ""
    command: str = ""
    stderr: tuple[Piece, ...] = ()


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
    witness = _Witness.of(evidence, ordered, alone)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Witness:
    """What was asked and answered, as far as it is shown, and which answers were lost by themselves."""

    lost: Container[str]
    silent: Container[str]
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)

    @classmethod
    def of(cls, evidence: Evidence, groups: Sequence[_Members], lost: Container[str]) -> _Witness:
        if not groups:
            return cls(lost=lost, silent=frozenset())
        silent = {seen.scenario for seen in evidence.observations if seen.reply.ending != Ending.ANSWERED}
        witness = cls(lost=lost, silent=silent)
        wanted = {witness.telling(judged) for members in groups for judged in members.kept[:EXAMPLES]}
        witness.scenarios.update((s.id, s) for s in evidence.run.scenarios if s.id in wanted)
        witness.observations.update((o.scenario, o) for o in evidence.observations if o.scenario in wanted)
        return witness

    def telling(self, judged: Judged) -> str:
        """The scenario that shows best why the claim was lost; empty for claims about files."""
        named = judged.verdict.detail.get("scenario")
        needs = judged.claim.needs
        if isinstance(named, str) and named in needs:
            return named
        shown = (n for among in (self.lost, self.silent) for n in needs if n in among)
        return next(shown, needs[0] if needs else "")


def _group(anchor: str, members: _Members, witness: _Witness, budget: int) -> tuple[FailureGroup, int]:
    examples: list[Example] = []
    lines: list[Line] = []
    used = 0
    for judged in members.kept:
        if len(examples) < EXAMPLES and (not examples or used < budget):
            examples.append(_example(judged, witness))
            used += _cost(examples[-1])
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
        if isinstance(value, str | int | float | bool) and key not in {"scenario", "culprit", "cause", "answer"}
    )
    return tuple((one_line(key.replace("_", " "), 40), one_line(_figure(value), 120)) for key, value in plain)[:8]


def _figure(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _example(judged: Judged, witness: _Witness) -> Example:
    asked = witness.telling(judged)
    scenario, seen = witness.scenarios.get(asked), witness.observations.get(asked)
    reply = seen.reply if seen else None
    return Example(
        claim=one_line(judged.claim.id, 100),
        subject=subject_words(judged.claim.subject),
        reason=one_line(judged.verdict.reason, 400),
        prompt=pieces(scenario.prompt, 500) if scenario else (),
        answer=pieces(reply.text, 700) if reply and reply.text is not None else (),
        answered=bool(reply and reply.text is not None),
        ended=_ended(seen) if seen and (seen.reply.ending != Ending.ANSWERED or seen.attempts > 1) else "",
        expected=_expected(scenario) if scenario else "",
        command=visible(seen.reproduce, 900, "\n\t") if seen else "",
        stderr=pieces(seen.stderr_tail[-400:], 400) if seen and reply and reply.ending != Ending.ANSWERED else (),
    )


def _expected(scenario: Scenario) -> str:
    expected = scenario.oracle.expected
    values = [str(v) if len(expected) == 1 else f"{k}: {v}" for k, v in expected.items()]
    return one_line(", ".join(values), 200)


def _ended(seen: Observation) -> str:
    reply = seen.reply
    parts = [f"{reply.ending} after {seen.elapsed_s:.1f} s"]
    if seen.signal is not None:
        parts.append(f"signal {seen.signal}")
    if seen.exit_status:
        parts.append(f"exit status {seen.exit_status}")
    if seen.attempts > 1:
        parts.append(f"{seen.attempts} attempts")
    if reply.message:
        parts.append(one_line(reply.message, 160))
    return ", ".join(parts)


def _cost(example: Example) -> int:
    foreign = "".join(p.text for p in (*example.prompt, *example.answer, *example.stderr))
    marked = sum(32 for p in (*example.prompt, *example.answer, *example.stderr) if p.kind != "text")
    return len(html.escape(foreign + example.reason + example.command + example.expected + example.ended)) + marked
