"""The state of one run: what was observed, what was judged, and what each claim still waits for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from apr_qa.evidence.index import OUTCOMES, State
from apr_qa.evidence.journal import Journal
from apr_qa.evidence.judge import judge_answer, judge_claim
from apr_qa.evidence.rejudge import exhibits_for
from apr_qa.pipeline.early import weigh
from apr_qa.pipeline.kept import Remade, Seen
from apr_qa.pipeline.progress import Progress
from apr_qa.rooms import furnish
from apr_qa.run.policy import should_stop
from apr_qa.stats.sequential import Decision
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import FailurePolicy
from apr_qa.vocab.conversions import Made
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.gates import Exhibits, Gate, Oracle
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim, Plan
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

GATES, ORACLES = "apr_qa.gates", "apr_qa.oracles"


class Trial:
    """Takes observations, judges claims, writes both down, and says when the policy wants to stop."""

    def __init__(
        self,
        plan: Plan,
        files: ModelFiles,
        journal: Journal,
        policy: FailurePolicy,
        *,
        for_others: frozenset[str] = frozenset(),
    ) -> None:
        """`for_others`: questions asked although every claim that needs them is judged elsewhere."""
        self._for_others = for_others
        self._plan, self._files, self._journal, self._policy = plan, files, journal, policy
        self._gates = {gate.spec.id: gate for gate in furnish(GATES, Gate)}
        self._oracles = {oracle.name: oracle for oracle in furnish(ORACLES, Oracle)}
        self._scenarios = {s.id: s for s in plan.scenarios}
        self._observations = Seen(journal.observation)
        self._answers = Remade(self._observations, self._answer_to, _alike)
        self._missing: dict[str, int] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._changed: tuple[str, ...] = ()
        self.stop = ""
        """Why the run stops early; empty while it goes on."""

    @property
    def judged(self) -> int:
        """How many claims have a verdict."""
        return len(self._verdicts)

    @property
    def complete(self) -> bool:
        """Whether every planned claim has a verdict, and every question that others wait for its answer."""
        return self.judged == len(self._plan.claims) and self._for_others <= self._observations.keys()

    def recall(self) -> None:
        """Take over what an earlier run of the same command wrote down; it stops again where the policy stopped it.

        Claims that could not be judged for a reason that was ours are judged again, and their questions asked again.
        """
        if not self._journal.resumed:
            return
        earlier = self._journal.earlier
        unknown, settled = int(State.UNKNOWN), int(State.SETTLED)  # plain numbers compare faster, a million times
        answers = zip(self._plan.scenarios, earlier.places, earlier.states, strict=True)
        for number, (scenario, place, state) in enumerate(answers):
            if place and state == settled:
                self._observations.put(scenario.id, place)
            elif place and state == unknown:
                self._recall_answer(number, scenario, place)
        for claim, code in zip(self._plan.claims, earlier.outcomes, strict=True):
            if verdict := _BEFORE.get(code):
                self._verdicts[claim.id] = verdict
                if verdict.outcome is not Outcome.CORROBORATED:
                    self._consider_stopping(claim, verdict)

    def _recall_answer(self, number: int, scenario: Scenario, place: int) -> None:
        answer = judge_answer(scenario, self._journal.observation(place), self._oracles)
        settled = answer.outcome is not Outcome.UNJUDGED
        self._journal.settle(number, settled=settled)
        if settled:
            self._observations.put(scenario.id, place)
            self._answers.put(scenario.id, answer)

    def of_files(self) -> Iterator[Claim]:
        """Yield the claims without a verdict that wait for no answer: of the files, or all answers are in already."""
        for claim in self._plan.claims:
            later = claim.params.get("last") or claim.params.get("routes")
            if claim.id not in self._verdicts and not later and all(n in self._observations for n in claim.needs):
                yield claim

    def of_conversions(self) -> list[Claim]:
        """Return the claims about files that the engine is told to make, without verdict yet."""
        return [c for c in self._plan.claims if c.params.get("routes") and c.id not in self._verdicts]

    def pending(self) -> list[Scenario]:
        """Return the questions that a claim without verdict, or others, still wait for, in the order of the plan."""
        needed = {need for c in self._plan.claims if c.id not in self._verdicts for need in c.needs}
        needed |= self._for_others
        return [s for s in self._plan.scenarios if s.id in needed and s.id not in self._observations]

    def take(self, observation: Observation, progress: Progress) -> None:
        """Write an observation down, judge the answer by itself, and every claim that waited for it only."""
        scenario = self._scenarios[observation.scenario]
        answer = judge_answer(scenario, observation, self._oracles)
        place = self._journal.write(observation, settled=answer.outcome is not Outcome.UNJUDGED)
        waiting, first = self._waiting, observation.scenario not in self._observations
        self._observations.put(observation.scenario, place, observation)
        answer = self._answers.put(observation.scenario, answer)
        for claim in self._now_ready(waiting.pop(observation.scenario, [])) if first else ():
            self.judge(claim, progress)
        progress.observed(scenario, observation, answer)

    def conclude(self, changed: tuple[str, ...], progress: Progress) -> None:
        """Judge the claims about the run as a whole, now that the engines have ended; `changed`: files they touched."""
        self._changed = changed
        for claim in self._plan.claims:
            if claim.params.get("last") and self._observations:
                self.judge(claim, progress)

    def judge(self, claim: Claim, progress: Progress, made: Mapping[str, Made] = MappingProxyType({})) -> None:
        """Judge one claim, write the verdict down, and see what the policy says. `made`: files the engine converted."""
        if claim.id in self._verdicts:
            return
        self._decide(claim, self._verdict(claim, made), progress)

    def look(self, asked: Sequence[Scenario], progress: Progress) -> bool:
        """Return whether the plan's own rule stops the run after `asked`; then every claim is decided by that.

        A claim that needs several answers is judged by those that are in, one that has none is skipped.
        """
        found = weigh(self._plan, asked, self._verdicts)
        if found is None or found.decision is Decision.OPEN or found.asked == found.planned:
            return False
        for claim in self._plan.claims:
            if claim.id in self._verdicts or not claim.needs:
                continue
            here = replace(claim, needs=tuple(need for need in claim.needs if need in self._observations))
            verdict = self._verdict(here) if here.needs else found.skip()
            self._decide(claim, replace(verdict, detail={**verdict.detail, **found.detail}), progress)
        return True

    def _verdict(self, claim: Claim, made: Mapping[str, Made] = MappingProxyType({})) -> Verdict:
        everything = Exhibits(
            scenarios=self._scenarios,
            observations=self._observations,
            answers=self._answers,
            files=self._files,
            changed=self._changed,
        )
        return judge_claim(claim, self._gates[claim.gate], replace(exhibits_for(claim, everything), made=made))

    def _decide(self, claim: Claim, verdict: Verdict, progress: Progress) -> None:
        judged = Judged(claim=claim, verdict=verdict)
        self._verdicts[claim.id] = verdict
        self._journal.write(judged)
        self._consider_stopping(claim, verdict)
        progress.judged(judged)

    @cached_property
    def _waiting(self) -> dict[str, list[Claim]]:
        """The claims without a verdict by what they wait for; made when the first answer comes."""
        users: dict[str, list[Claim]] = defaultdict(list)
        for claim in self._plan.claims:
            if claim.id not in self._verdicts and claim.needs:
                missing = {need for need in claim.needs if need not in self._observations}
                self._missing[claim.id] = len(missing)
                for need in missing:
                    users[need].append(claim)
        return users

    def _now_ready(self, waiting: Sequence[Claim]) -> Iterator[Claim]:
        """Yield the claims that have all they need with one more answer."""
        for claim in waiting:
            self._missing[claim.id] -= 1
            if not self._missing[claim.id] and claim.id not in self._verdicts:
                yield claim

    def _answer_to(self, scenario: str) -> Verdict:
        return judge_answer(self._scenarios[scenario], self._observations[scenario], self._oracles)

    def _consider_stopping(self, claim: Claim, verdict: Verdict) -> None:
        if not self.stop and (why := should_stop(self._policy, claim.severity, verdict.outcome)):
            self.stop = f"{why} ({claim.gate}, {claim.subject})"


def _alike(verdict: Verdict) -> object:
    return verdict.outcome, verdict.reason


_BEFORE = {
    code: Verdict(outcome=outcome, reason="decided by an earlier start of this command")
    for code, outcome in enumerate(OUTCOMES)
    if outcome is not Outcome.UNJUDGED
}
"""By the code of an outcome in the journal's index."""
