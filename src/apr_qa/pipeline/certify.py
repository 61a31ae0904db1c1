"""The run itself: files first, then the questions; stop when the policy says so; seal; score."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from apr_qa.errors import InterruptedRunError
from apr_qa.evidence.journal import Journal
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal
from apr_qa.pipeline.privacy import published
from apr_qa.pipeline.progress import Progress
from apr_qa.pipeline.ready import Ready
from apr_qa.pipeline.trial import Trial
from apr_qa.pipeline.workshop import workshop
from apr_qa.plan.rounds import rounds
from apr_qa.run.guard import Snapshot, changed, snapshot
from apr_qa.run.observe import observe
from apr_qa.score.mqs import score
from apr_qa.vocab.axes import FailurePolicy
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.score import Scorecard

JOURNAL = "journal.jsonl"

Ask = Callable[[Sequence[Scenario]], Generator[Observation]]
"""Questions in, observations out as they are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How a run ended, whose evidence is sealed."""

    stopped: str
    """Why it ended before the end of the plan, if it did."""
    reused: bool
    """True when everything had been judged before and nothing was asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A finished run."""

    evidence: Evidence
    scorecard: Scorecard
    path: Path
    """The sealed evidence."""
    stopped: str = ""
    """Why it ended before the end of the plan, if it did."""
    reused: bool = False
    """True when everything had been judged before and nothing was asked again."""


def certify(ready: Ready, progress: Progress) -> Certified:
    """Run the plan, or what an earlier run of the same command left of it, and return what it is worth.

    Raises InterruptedRunError when the user stops it: what was judged is in the journal and the same command goes on.
    """
    sealed = ready.folder / ready.wishes.evidence_name
    heard = hear(ready, progress, sealed)
    evidence = read_evidence(sealed)
    card = score(evidence.run, evidence.judged, evidence.observations)
    return Certified(evidence=evidence, scorecard=card, path=sealed, stopped=heard.stopped, reused=heard.reused)


def hear(ready: Ready, progress: Progress, sealed: Path, ask: Ask | None = None) -> Heard:
    """Run the plan into the journal, seal it into `sealed`, and say how it ended.

    `ask`: answers from elsewhere than the engines (`apr_qa.run.replay`). Raises InterruptedRunError.
    """
    journal_path = ready.folder / JOURNAL
    with Journal.open(journal_path, ready.record(), fresh=ready.wishes.fresh) as journal:
        trial = Trial(ready.plan, ready.files, journal, policy_of(ready), for_others=ready.for_others)
        trial.recall()
        reused = trial.complete or bool(trial.stop)
        progress.begun(ready.plan, trial.judged)
        if not reused:
            _hear(ready, trial, progress, ask)
        progress.ended(trial.stop)
    seal(journal_path, sealed)
    return Heard(stopped=trial.stop, reused=reused)


def policy_of(ready: Ready) -> FailurePolicy:
    """Return when the run stops early: the command line's word, else the playbook's, else at a lost P0 claim."""
    return ready.wishes.policy or ready.target.playbook.failure_policy or FailurePolicy.STOP_ON_P0


def _hear(ready: Ready, trial: Trial, progress: Progress, ask: Ask | None) -> None:
    with _stoppable():
        try:
            for claim in trial.of_files():
                progress.busy(f"{claim.gate}: {claim.subject}")
                trial.judge(claim, progress)
                if trial.stop:
                    return
            before = snapshot(ready.files, ready.folder)
            _ask_in_rounds(ready, trial, progress, ask)
            _convert(ready, trial, progress)
            trial.conclude(_touched(before, progress), progress)
        except KeyboardInterrupt:
            progress.ended("stopped")
            raise InterruptedRunError(
                f"stopped at {trial.judged} of {len(ready.plan.claims)} claims; the engines have ended, all that was "
                "judged is in the journal",
                remedy="The same command goes on from here.",
            ) from None


def _ask_in_rounds(ready: Ready, trial: Trial, progress: Progress, ask: Ask | None) -> None:
    """Ask round after round, until the policy or the plan's own rule stops; most plans have one round."""
    asked: list[Scenario] = []
    for scenarios in rounds(ready.plan):
        asked += scenarios
        names = {scenario.id for scenario in scenarios}
        _ask(ready, trial, progress, ask, [s for s in trial.pending() if s.id in names])
        if trial.stop or trial.look(asked, progress):
            return


def _ask(ready: Ready, trial: Trial, progress: Progress, ask: Ask | None, pending: Sequence[Scenario]) -> None:
    with tempfile.TemporaryDirectory(prefix="apr-qa-", ignore_cleanup_errors=True) as scratch:
        places = ready.places
        with closing(ask(pending) if ask else _engines_say(ready, pending, Path(scratch), progress)) as observations:
            for observation in observations:
                trial.take(published(observation, places), progress)
                if trial.stop:
                    return


def _engines_say(
    ready: Ready, scenarios: Sequence[Scenario], scratch: Path, progress: Progress
) -> Generator[Observation]:
    return observe(
        scenarios,
        equipment=ready.equipment,
        files=ready.files,
        scratch=scratch,
        workers=ready.wishes.workers,
        units=ready.unit,
        started=progress.started,
    )


def _convert(ready: Ready, trial: Trial, progress: Progress) -> None:
    """Let the engine convert, and judge what it makes, unless the run has been stopped."""
    claims = [] if trial.stop else trial.of_conversions()
    if not claims:
        return
    with workshop(ready.files, ready.equipment[""], ready.folder / "conversions", progress.busy) as shop:
        for claim in claims:
            made = shop.made(claim.params)
            progress.busy(f"{claim.gate}: {claim.subject}")
            trial.judge(claim, progress, made)
            if trial.stop:
                return


def _touched(before: Snapshot, progress: Progress) -> tuple[str, ...]:
    progress.busy("seeing whether the engines left the model's files alone")
    return changed(before)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM end a run as cleanly as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)
