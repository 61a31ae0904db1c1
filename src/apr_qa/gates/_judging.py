"""What gates share when they judge: verdicts in one line, and what to make of questions that were not answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from apr_qa.text import one_line
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict


def held(reason: str, **detail: Any) -> Verdict:
    """Return: tested and survived."""
    return Verdict(outcome=Outcome.CORROBORATED, reason=reason, detail=detail)


def fell(reason: str, **detail: Any) -> Verdict:
    """Return: tested and refuted."""
    return Verdict(outcome=Outcome.FALSIFIED, reason=reason, detail=detail)


def skipped(reason: str, **detail: Any) -> Verdict:
    """Return: found not to apply."""
    return Verdict(outcome=Outcome.SKIPPED, reason=reason, detail=detail)


def unjudged(reason: str, **detail: Any) -> Verdict:
    """Return: could not be tested, and the model is not to blame."""
    return Verdict(outcome=Outcome.UNJUDGED, reason=reason, detail=detail)


def quoted(text: str | None, limit: int = 60) -> str:
    """Return foreign text in quotes, safe in one line of a message."""
    return "nothing" if text is None else f"'{one_line(text, limit)}'"


def asked(claim: Claim, exhibits: Exhibits) -> dict[str, Observation]:
    """Return the observations that the claim needs, by scenario id, those not made left out."""
    return {name: exhibits.observations[name] for name in claim.needs if name in exhibits.observations}


def answered(claim: Claim, exhibits: Exhibits) -> dict[str, Observation]:
    """Return the observations whose engine claims success."""
    return {name: o for name, o in asked(claim, exhibits).items() if o.reply.ending is Ending.ANSWERED}


def passed(names: Iterable[str], exhibits: Exhibits) -> list[str]:
    """Return those of the scenarios whose answer by itself was found right."""
    return [n for n in names if n in exhibits.answers and exhibits.answers[n].outcome is Outcome.CORROBORATED]


def prompt_of(name: str, exhibits: Exhibits) -> str:
    """Return the question of a scenario in quotes."""
    scenario = exhibits.scenarios.get(name)
    return quoted(scenario.prompt, 40) if scenario else name


_BY_ENDING: dict[Ending, tuple[Outcome, str]] = {
    Ending.UNSTARTED: (Outcome.UNJUDGED, "could not be asked"),
    Ending.REFUSED: (Outcome.SKIPPED, "the engine says that it does not do this"),
    Ending.TIMEOUT: (Outcome.TIMEOUT, "no answer in the time limit"),
    Ending.CRASHED: (Outcome.CRASHED, "the engine crashed"),
    Ending.FAILED: (Outcome.FALSIFIED, "the engine reported an error"),
}


def unanswered(name: str, exhibits: Exhibits) -> Verdict | None:
    """Return the verdict when a question has no answer to judge; None when it has one."""
    observation = exhibits.observations.get(name)
    if observation is None:
        return unjudged(f"{name} was not asked")
    if observation.reply.ending is Ending.ANSWERED:
        return None
    return ended(observation.reply.ending, observation.reply.message or observation.stderr_tail)


def ended(ending: Ending, message: str) -> Verdict:
    """Return the verdict on an engine that did not do what it was asked, with its own words."""
    outcome, words = _BY_ENDING[ending]
    said = one_line(message)
    return Verdict(outcome=outcome, reason=f"{words}: {said}" if said else words, detail={"ending": ending})


def nothing_answered(claim: Claim, exhibits: Exhibits) -> Verdict:
    """Return the verdict on several questions of which none was answered.

    The worst ending speaks for all, because every ending here is one reason why there is nothing to judge.
    """
    verdicts = [v for name in claim.needs if (v := unanswered(name, exhibits)) is not None]
    order = (Outcome.CRASHED, Outcome.TIMEOUT, Outcome.FALSIFIED, Outcome.UNJUDGED, Outcome.SKIPPED)
    worst = min(verdicts, key=lambda v: order.index(v.outcome), default=unjudged("nothing was asked"))
    if worst.outcome.is_lost:  # one question that crashed is one penalty, not one for every claim about it
        return fell(f"none of {len(claim.needs)} questions was answered: {worst.reason}", asked=len(claim.needs))
    return Verdict(outcome=worst.outcome, reason=worst.reason, detail={"asked": len(claim.needs)})


def on_answer(judge: Callable[[str, Exhibits], Verdict]) -> Callable[[Claim, Exhibits], Verdict]:
    """Make a gate's `judge` of a function (scenario id, exhibits) that is called when its question was answered."""

    def whole(claim: Claim, exhibits: Exhibits) -> Verdict:
        (name,) = claim.needs
        return unanswered(name, exhibits) or judge(name, exhibits)

    return whole


def own_verdict(name: str, exhibits: Exhibits) -> Verdict:
    """Return the verdict on one answer by itself."""
    return exhibits.answers.get(name, unjudged(f"the answer to {name} was not judged"))


def is_garbage(name: str, exhibits: Exhibits) -> bool:
    """Return whether the answer was found to be garbage, not merely wrong."""
    verdict = exhibits.answers.get(name)
    return verdict is not None and verdict.outcome.is_lost and verdict.detail.get("oracle") == "garbage"
