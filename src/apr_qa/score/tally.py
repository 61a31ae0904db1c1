"""Counting evidence in one pass, so that a million records need no more memory than their claims."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from apr_qa.score.grade import CRASH_PENALTY, TIMEOUT_PENALTY
from apr_qa.stats.sequential import Decision
from apr_qa.vocab.evidence import Judged, Record, RunRecord
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Purpose, Scenario
from apr_qa.vocab.sequential import STOPPED
from apr_qa.vocab.verdict import Outcome

T = TypeVar("T")
_NONE: MappingProxyType[str, Any] = MappingProxyType({})
NEVER_JUDGED = (Outcome.UNJUDGED, "it was planned but never judged")


@dataclass(slots=True)
class Tally:
    """What was planned and what became of it. A later record about the same thing replaces the earlier one."""

    claims: dict[str, Claim] = field(default_factory=dict)
    decided: dict[str, tuple[Outcome, str]] = field(default_factory=dict)
    """Outcome and reason by claim id."""
    matrix: set[str] = field(default_factory=set)
    """Ids of matrix scenarios."""
    left_out: set[str] = field(default_factory=set)
    """Ids of scenarios that the plan's own rule stopped before."""
    decided_bad: bool = False
    """Whether the plan's own rule stopped the run because the model is bad."""
    not_on_trial: set[str] = field(default_factory=set)
    """Ids of scenarios asked of the judge's own eye: its faults cost the model nothing."""
    penalties: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Crash and timeout points by scenario id, where there are any."""
    _same: dict[object, Any] = field(default_factory=dict, repr=False)
    """Equal parts of many claims are held once: names, subjects, outcomes with their reasons."""

    def take(self, record: Record) -> None:
        """Count one record of any kind; notes count for nothing."""
        if isinstance(record, RunRecord):
            for item in itertools.chain[Scenario | Claim](record.scenarios, record.claims):
                self.plan(item)
        elif isinstance(record, Scenario | Claim):
            self.plan(record)
        elif isinstance(record, Observation):
            self.observe(record)
        elif isinstance(record, Judged):
            self.judge(record)

    def plan(self, item: Scenario | Claim) -> None:
        """Count what will be asked or judged."""
        if isinstance(item, Claim):
            self.claims[item.id] = self._slim(item)
        elif item.engine:
            self.not_on_trial.add(item.id)
        elif item.purpose is Purpose.MATRIX:
            self.matrix.add(self._once(item.id))

    def _slim(self, claim: Claim) -> Claim:
        """The claim as far as it is counted, its parts shared with others."""
        needs = tuple(map(self._once, claim.needs))
        return replace(claim, gate=self._once(claim.gate), subject=self._once(claim.subject), needs=needs, params=_NONE)

    def _once(self, value: T) -> T:
        shared: T = self._same.setdefault(value, value)
        return shared

    def observe(self, seen: Observation) -> None:
        """Count a crash that did not repeat (a repeated one is gateway G3's) and a timeout."""
        ending = seen.reply.ending
        crash = CRASH_PENALTY if seen.first_ending is Ending.CRASHED and ending is not Ending.CRASHED else 0
        timeout = TIMEOUT_PENALTY if ending is Ending.TIMEOUT else 0
        self.penalties.pop(seen.scenario, None)
        if (crash or timeout) and seen.scenario not in self.not_on_trial:
            self.penalties[seen.scenario] = (crash, timeout)

    def judge(self, judged: Judged) -> None:
        """Count a verdict. The plan's word on weight and severity stands before the verdict's."""
        if judged.claim.id not in self.claims:
            self.plan(judged.claim)
        outcome, reason = judged.verdict.outcome, judged.verdict.reason
        told = "" if outcome is Outcome.CORROBORATED else reason  # why something survived is not asked
        self.decided[self.claims[judged.claim.id].id] = self._once((outcome, told))
        stopped = judged.verdict.detail.get(STOPPED)
        if judged.verdict.outcome is Outcome.SKIPPED and stopped is not None:
            self.left_out.update(judged.claim.needs)
        if isinstance(stopped, Mapping) and stopped.get("decision") == Decision.BAD:
            self.decided_bad = True

    def results(self) -> Iterator[tuple[Claim, Outcome, str]]:
        """Yield every planned claim with its outcome and reason, in the order of the plan."""
        for claim_id, claim in self.claims.items():
            yield claim, *self.decided.get(claim_id, NEVER_JUDGED)

    def outcomes(self) -> Counter[Outcome]:
        """Return the number of claims by outcome."""
        return Counter(outcome for _, outcome, _ in self.results())

    def matrix_judged(self) -> int:
        """Return the number of matrix scenarios that a judged claim rests on."""
        rested_on = {need for claim, outcome, _ in self.results() if outcome.is_judged for need in claim.needs}
        return len(rested_on & self.matrix - self.left_out)
