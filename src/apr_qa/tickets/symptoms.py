"""A lost claim with everything that was seen of it, and what kind of failure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from apr_qa.vocab.evidence import EngineFacts, Evidence, Judged
from apr_qa.vocab.observation import Ending, Failing, Observation
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome


class FailureClass(StrEnum):
    """How it failed, in the order in which it is looked for."""

    CRASH = "crash"
    TIMEOUT = "timeout"
    LOAD = "load"
    ERROR = "error"
    GARBAGE = "garbage"
    WRONG = "wrong answer"
    CONVERSION = "conversion"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One lost claim: where, what was asked, what came back."""

    evidence: Evidence
    judged: Judged
    kind: FailureClass
    scenario: Scenario | None = None
    observation: Observation | None = None

    @property
    def engine(self) -> EngineFacts | None:
        """The engine that answered; None for claims about files, and where the evidence does not say."""
        form = self.scenario.cell.format if self.scenario else self.judged.claim.subject.format
        return self.evidence.run.engines.get(form.value) if form and self.kind is not FailureClass.FILE else None

    @property
    def culprit(self) -> str:
        """`engine apr`, or the model whose file is at fault."""
        if self.kind is FailureClass.FILE:
            return f"file of {self.evidence.run.model}"
        return f"engine {self.engine.name}" if self.engine else "engine"


def symptoms(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom for each lost claim: those about one answer first, then those about many, then the files'."""
    scenarios = {scenario.id: scenario for scenario in evidence.run.scenarios}
    seen = {observation.scenario: observation for observation in evidence.observations}
    lost = [judged for judged in evidence.judged if judged.verdict.outcome.is_lost]
    for judged in sorted(lost, key=lambda j: (not j.claim.needs, len(j.claim.needs))):
        name = _decisive(judged, seen)
        observation = seen.get(name)
        yield Symptom(
            evidence=evidence,
            judged=judged,
            kind=_kind(judged, observation),
            scenario=scenarios.get(name),
            observation=observation,
        )


def _decisive(judged: Judged, seen: dict[str, Observation]) -> str:
    """Return the scenario that a verdict rests on: the one it names, else the first that went wrong, else the first."""
    named = judged.verdict.detail.get("scenario")
    if isinstance(named, str) and named in judged.claim.needs:
        return named
    failed = (n for n in judged.claim.needs if n in seen and seen[n].reply.ending is not Ending.ANSWERED)
    return next(failed, judged.claim.needs[0] if judged.claim.needs else "")


def _kind(judged: Judged, observation: Observation | None) -> FailureClass:
    if not judged.claim.needs:
        return FailureClass.CONVERSION if judged.claim.params.get("routes") else FailureClass.FILE
    reply = observation.reply if observation else None
    ending = reply.ending if reply else None
    if judged.verdict.outcome is Outcome.CRASHED or ending is Ending.CRASHED:
        return FailureClass.CRASH
    if judged.verdict.outcome is Outcome.TIMEOUT or ending is Ending.TIMEOUT:
        return FailureClass.TIMEOUT
    if reply and ending in (Ending.FAILED, Ending.REFUSED):
        return FailureClass.LOAD if reply.failing is Failing.LOAD else FailureClass.ERROR
    garbage = judged.verdict.detail.get("oracle") == "garbage" or judged.verdict.reason.startswith("garbage")
    return FailureClass.GARBAGE if garbage else FailureClass.WRONG
