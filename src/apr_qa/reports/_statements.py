"""What a run proved, what it did not, and what it did not even look at; every sentence is read off the records."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from apr_qa.reports._cells import CellTable
from apr_qa.reports._display import one_line
from apr_qa.reports._words import FORMATS, GATEWAYS, TONES, listing, percent, plural, subjects_words
from apr_qa.vocab.axes import Backend, Format, Gateway, Modality
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.lookup import for_the_same
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.score import GatewayState, Scorecard
from apr_qa.vocab.stopped import stopped_early
from apr_qa.vocab.verdict import Outcome

_CELLS = {f"{f}-{b}-{m}": Subject(format=f, backend=b, modality=m) for f in Format for b in Backend for m in Modality}
MOST = 12
"""Statements in a list, before the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A strong beginning and the rest of the sentence."""

    strong: str
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaims:
    """Claims without a verdict that share a reason."""

    outcome: Outcome
    tone: str
    count: int
    subjects: str
    gates: str
    reason: str


Counts = Mapping[Gateway | None, Counter[Outcome]]


def by_gateway(evidence: Evidence) -> Counts:
    """Return how many claims of each gateway, and of none, came to which outcome."""
    counts: defaultdict[Gateway | None, Counter[Outcome]] = defaultdict(Counter)
    for judged in evidence.judged:
        counts[judged.claim.gateway][judged.verdict.outcome] += 1
    return counts


def proved(counts: Counts, card: Scorecard, table: CellTable) -> tuple[Statement, ...]:
    """Return what survived: cells without a loss, gateways that hold, and the bound over all claims."""
    found = [*_whole_rows(table), *_held(counts, card)]
    if card.lower_bound is not None and card.corroborated:
        found.append(
            Statement(
                strong=f"At least {percent(card.lower_bound)}",
                rest=f" of such claims survive (95 % lower bound; {card.corroborated:,} of {card.judged:,} did).",
            )
        )
    return tuple(found)


def not_proved(evidence: Evidence, card: Scorecard) -> tuple[Statement, ...]:
    """Return what the run leaves open: narrowed claims, cells not run, claims and gateways without a verdict."""
    run = evidence.run
    beyond = ": not looked at, because the claim was narrowed to this."
    found = [Statement(strong=f"Beyond {one_line(n, 120)}", rest=beyond) for n in run.narrowed]
    if early := stopped_early(evidence):
        found.append(Statement(strong="Stopped early", rest=f": {one_line(early, 400)}."))
    if run.unlocked:
        found.append(Statement(strong="Playbook not as locked", rest=f": {one_line(run.unlocked, 200)}."))
    found += _unfenced(run.host.get("isolation"))
    reasons: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for item in run.not_run:
        reasons[item.reason, item.required].append(item.what)
    for (reason, required), what in sorted(reasons.items(), key=lambda pair: not pair[0][1]):
        need = ", though this tier requires it" if required else ""
        found.append(Statement(strong=_names(what), rest=f": not run{need}. {one_line(reason, 200)}"))
    found += [
        Statement(strong=f"{state} {GATEWAYS[state][0]}", rest=": not evaluated, a record it needs is missing.")
        for state in Gateway
        if card.gateways.get(state) is GatewayState.NOT_EVALUATED
    ]
    found += [
        Statement(strong=f"{c.subjects}", rest=f": {plural(c.count, 'claim')} {c.outcome}. {c.reason}")
        for c in open_claims(evidence)
        if c.outcome is Outcome.UNJUDGED
    ]
    if len(found) > MOST:
        found = [*found[:MOST], Statement(strong=f"{len(found) - MOST} more", rest=", all in the evidence.")]
    return tuple(found)


@for_the_same
def _unfenced(held: object) -> list[Statement]:
    """What an engine could have reached on the machine it ran on, which weakens all that was seen of it."""
    told = [str(fact) for fact in held] if isinstance(held, list | tuple) else str(held or "").split("'")
    sides = list(dict.fromkeys(fact.partition(":")[0] for fact in told if fact.endswith(": not isolated")))
    if not sides:
        return []
    return [
        Statement(strong="Engine not fenced", rest=f": it could reach the machine's {one_line(listing(sides), 200)}.")
    ]


@for_the_same
def open_claims(evidence: Evidence) -> tuple[OpenClaims, ...]:
    """Return the claims that were skipped or could not be judged, by reason; unjudged first."""
    groups: defaultdict[tuple[Outcome, str], _Open] = defaultdict(_Open)
    for judged in evidence.judged:
        if not judged.verdict.outcome.is_judged:
            groups[judged.verdict.outcome, judged.verdict.reason].add(judged.claim)
    ordered = sorted(groups.items(), key=lambda pair: (pair[0][0] is not Outcome.UNJUDGED, -pair[1].count, pair[0][1]))
    return tuple(_open(outcome, reason, members) for (outcome, reason), members in ordered[:40])


def not_looked_at(evidence: Evidence) -> tuple[Statement, ...]:
    """Return the edges of what was asked, measured from the scenarios themselves."""
    run = evidence.run
    asked = _Asked()
    for scenario in run.scenarios:
        asked.add(scenario)
    found = list(_cells_outside(run.matrix_cells))
    if asked.prompts:
        longest, prompts = asked.longest, len(asked.prompts)
        found += [
            Statement(
                strong="Longer conversations", rest=f": the longest question has {plural(longest, 'character')}."
            ),
            Statement(strong="Other questions", rest=f": {plural(prompts, 'different prompt')} were asked, no more."),
            Statement(
                strong="Longer answers",
                rest=f": an answer was cut after at most {plural(asked.max_tokens, 'token')}.",
            ),
        ]
        if not asked.sampled:
            found.append(Statement(strong="Sampling", rest=": every question was asked at temperature 0."))
    found.append(
        Statement(strong="Knowledge, safety and taste", rest=": whether it works is judged, not how good it is.")
    )
    return tuple(found)


@dataclass(slots=True)
class _Asked:
    """The edges of what the engine on trial was asked."""

    prompts: set[str] = field(default_factory=set)
    longest: int = 0
    max_tokens: int = 0
    sampled: bool = False

    def add(self, scenario: Scenario) -> None:
        if not scenario.engine:
            self.prompts.add(scenario.prompt)
            self.longest = max(self.longest, sum(len(m.content) for m in scenario.messages))
            self.max_tokens = max(self.max_tokens, scenario.max_tokens)
            self.sampled |= scenario.temperature != 0


def _names(what: Sequence[str]) -> str:
    """Return the things that were not run, whole blocks of cells folded into one phrase."""
    cells = [cell for name in what if (cell := _CELLS.get(name))]
    axes = [{getattr(c, axis) for c in cells} for axis in ("format", "backend", "modality")]
    if len(cells) == len(what) == math.prod(map(len, axes)):
        return subjects_words(cells)
    return one_line(listing([*what[:4], f"{len(what) - 4} more"] if len(what) > 4 else what), 200)


def _cells_outside(names: Sequence[str]) -> Iterator[Statement]:
    missing = [(f, b, m) for f in Format for b in Backend for m in Modality if f"{f}-{b}-{m}" not in names]
    if not missing or not names:
        return
    for fmt in Format:
        pairs = Counter(b for f, b, _ in missing if f is fmt)
        whole = [str(b) for b, n in pairs.items() if n == len(Modality)]
        if whole:
            yield Statement(strong=f"{FORMATS[fmt]} on {listing(whole)}", rest=": this playbook has no such cell.")
        for backend in (b for b, n in pairs.items() if n < len(Modality)):
            modes = listing(str(m) for f, b, m in missing if f is fmt and b is backend)
            yield Statement(strong=f"{FORMATS[fmt]} on {backend}, {modes}", rest=": this playbook has no such cell.")


def _whole_rows(table: CellTable) -> Iterator[Statement]:
    """Rows of cells where all that was judged survived; claims skipped there are told, for they prove nothing."""
    for block in table.blocks:
        for row in block.rows:
            whole = [c for c in row.cells if c.survived and c.tone in ("ok", "skip")]
            if whole:
                modes = listing(c.name.rsplit("-", 1)[1] for c in whole)
                skipped = sum(c.skipped for c in whole)
                left_out = f", {skipped:,} skipped and not proved" if skipped else ""
                rest = f" answers in {modes}: {plural(sum(c.survived for c in whole), 'claim')}, none lost{left_out}."
                yield Statement(strong=f"{row.label} on {block.backend}", rest=rest)


def _held(counts: Counts, card: Scorecard) -> Iterator[Statement]:
    for gateway in Gateway:
        if card.gateways.get(gateway) is GatewayState.HOLDS:
            name, meaning = GATEWAYS[gateway]
            yield Statement(
                strong=f"{gateway} {name}",
                rest=f": {meaning} ({plural(counts[gateway][Outcome.CORROBORATED], 'claim')}).",
            )


@dataclass(slots=True)
class _Open:
    """What is told of claims without a verdict that share a reason."""

    count: int = 0
    subjects: dict[Subject, None] = field(default_factory=dict)
    gates: dict[str, None] = field(default_factory=dict)

    def add(self, claim: Claim) -> None:
        self.count += 1
        self.subjects[claim.subject] = None
        self.gates[claim.gate] = None


def _open(outcome: Outcome, reason: str, members: _Open) -> OpenClaims:
    gates = list(members.gates)
    return OpenClaims(
        outcome=outcome,
        tone=TONES[outcome],
        count=members.count,
        subjects=subjects_words(list(members.subjects)),
        gates=one_line(", ".join(gates[:4]) + (f" and {len(gates) - 4} more" if len(gates) > 4 else ""), 160),
        reason=one_line(reason, 240),
    )
