"""Comparing greedy answers to one question: between formats, between modalities, with the reference engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apr_qa.gates import _answers, _judging
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict

QUANTISED_LOSSES = 0.25
"""Share of questions that coarse rounding may turn from right to wrong before it is more than rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Two scenarios that ask the same question; the first is the one to go by."""

    model: str
    other: str
    by_text: bool = True
    """False for quantised weights: there only right and wrong are compared, not the wording."""


def params(twins: Sequence[Twins]) -> dict[str, Any]:
    """Return the twins as JSON values for a claim."""
    return {"twins": [[t.model, t.other, t.by_text] for t in twins]}


def judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    """Judge a claim whose `params` are those above: every pair of answers must agree."""
    twins = [Twins(model=a, other=b, by_text=c) for a, b, c in claim.params["twins"]]
    verdicts = [(pair, _pair(pair, exhibits)) for pair in twins]
    apart = [(pair, v) for pair, v in verdicts if v.outcome is Outcome.FALSIFIED]
    for pair, verdict in apart:
        if pair.by_text or len(apart) > QUANTISED_LOSSES * len(twins):
            return verdict
    agreed = [(pair, v) for pair, v in verdicts if v.outcome is Outcome.CORROBORATED]
    if not agreed:
        return verdicts[0][1] if verdicts else _judging.unjudged("nothing was compared")
    late = sum(1 for _, v in agreed if v.detail.get("parted") is not None)
    note = f"; {late} part late, as near ties do" if late else ""
    return _judging.held(
        f"{len(agreed)} of {len(twins)} pairs of answers agree{note}", compared=len(agreed), parted_late=late
    )


def _pair(twins: Twins, exhibits: Exhibits) -> Verdict:
    """Return the verdict on one pair; skipped when one side has no answer, which other gates judge."""
    for name in (twins.model, twins.other):
        missing = _judging.unanswered(name, exhibits)
        if missing is not None:
            outcome = Outcome.UNJUDGED if missing.outcome is Outcome.UNJUDGED else Outcome.SKIPPED
            return Verdict(outcome=outcome, reason=f"nothing to compare, {name} has no answer: {missing.reason}")
    return _by_text(twins, exhibits) if twins.by_text else _by_oracle(twins, exhibits)


def _texts(twins: Twins, exhibits: Exhibits) -> tuple[str, str]:
    a, b = (exhibits.observations[name].reply.text or "" for name in (twins.model, twins.other))
    return a, b


def _by_text(twins: Twins, exhibits: Exhibits) -> Verdict:
    a, b = _texts(twins, exhibits)
    if not _answers.plain(a) and not _answers.plain(b):
        return _judging.fell(
            f"both answers to {_judging.prompt_of(twins.other, exhibits)} are empty, which shows nothing"
        )
    likeness = _answers.compare(a, b)
    if not likeness.same:
        return _judging.fell(
            _difference(twins, exhibits),
            parted=likeness.parted,
            scenario=twins.other,
            scenarios=[twins.model, twins.other],
        )
    return _judging.held("the same answer", parted=likeness.parted)


def _by_oracle(twins: Twins, exhibits: Exhibits) -> Verdict:
    model, other = (_judging.own_verdict(name, exhibits) for name in (twins.model, twins.other))
    if not model.outcome.is_judged or not other.outcome.is_judged:
        return _judging.unjudged("one of the two answers was not judged")
    if model.outcome is Outcome.CORROBORATED and other.outcome.is_lost:
        return _judging.fell(_difference(twins, exhibits), scenario=twins.other, scenarios=[twins.model, twins.other])
    return _judging.held("both right" if model.outcome is Outcome.CORROBORATED else "no worse")


def _difference(twins: Twins, exhibits: Exhibits) -> str:
    a, b = _texts(twins, exhibits)
    one, two = (exhibits.scenarios[name] for name in (twins.model, twins.other))
    by = f" by the {one.engine} engine" if one.engine else ""
    return (
        f"{_judging.prompt_of(twins.other, exhibits)} got {_judging.quoted(a)} from {one.cell}{by}"
        f" and {_judging.quoted(b)} from {two.cell}"
    )
