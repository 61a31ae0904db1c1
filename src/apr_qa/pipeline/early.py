"""Stopping early by the plan's own rule: what the answers so far weigh, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from apr_qa.stats.sequential import Decision, RateTest
from apr_qa.vocab.axes import Category
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.scenario import Purpose, Scenario
from apr_qa.vocab.sequential import STOPPED
from apr_qa.vocab.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the rounds so far say of the matrix' questions."""

    decision: Decision
    survived: int
    """Questions all of whose answers so far survived."""
    lost: int
    asked: int
    """Matrix scenarios asked so far."""
    planned: int
    sentence: str

    @property
    def detail(self) -> dict[str, Any]:
        """Return it as JSON values for a verdict's detail."""
        return {STOPPED: asdict(self)}

    def skip(self) -> Verdict:
        """Return the verdict on a claim of which nothing was asked."""
        return Verdict(outcome=Outcome.SKIPPED, reason=f"not asked: {self.sentence}", detail=self.detail)


def weigh(plan: Plan, asked: Iterable[Scenario], verdicts: Mapping[str, Verdict]) -> Weighed | None:
    """Return what the answers to `asked` weigh by the plan's rule; None without a rule.

    Only `asked` counts, so that a run that goes on after it was killed stops where an undisturbed one stops.
    """
    if plan.sequential is None:
        return None
    questions = {s.id: (s.messages, s.max_tokens) for s in asked if s.purpose is Purpose.MATRIX and not s.engine}
    fates: dict[object, bool] = {}
    for claim in plan.claims:
        verdict = verdicts.get(claim.id)
        alone = claim.category is Category.QUAL and len(claim.needs) == 1 and claim.needs[0] in questions
        if alone and verdict is not None and verdict.outcome.is_judged:
            question = questions[claim.needs[0]]
            fates[question] = fates.get(question, True) and verdict.outcome is Outcome.CORROBORATED
    return _weighed(plan, len(questions), sum(fates.values()), len(fates))


def _weighed(plan: Plan, asked: int, survived: int, questions: int) -> Weighed:
    rule = plan.sequential
    assert rule is not None  # noqa: S101  (`weigh` asked first)
    test = RateTest(bad=rule.bad, good=rule.good, alpha=rule.alpha, beta=rule.beta)
    decision = test.decide(survived, questions - survived)
    planned = sum(1 for s in plan.scenarios if s.purpose is Purpose.MATRIX and not s.engine)
    false_good, false_bad = test.error_bounds
    sentence = (
        f"the plan's sequential test decided for {decision} after {asked} of {planned} matrix scenarios;"
        f" {survived} of {questions} questions survived (a pass rate of {rule.bad:.0%} against {rule.good:.0%}, errors"
        f" at most {false_good:.1%} and {false_bad:.1%})"
    )
    return Weighed(
        decision=decision,
        survived=survived,
        lost=questions - survived,
        asked=asked,
        planned=planned,
        sentence=sentence,
    )
