"""What is known of a run while it goes on; renderers read it, the pipeline's calls feed it."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from threading import Lock

from apr_qa.text import one_line
from apr_qa.vocab.axes import Cell, Gateway
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

RECENT = 6
MARKS = {
    Outcome.CORROBORATED: "ok",
    Outcome.FALSIFIED: "x",
    Outcome.TIMEOUT: "T",
    Outcome.CRASHED: "C",
    Outcome.SKIPPED: "-",
    Outcome.UNJUDGED: "?",
}
WORST_FIRST = (
    Outcome.CRASHED,
    Outcome.TIMEOUT,
    Outcome.FALSIFIED,
    Outcome.UNJUDGED,
    Outcome.SKIPPED,
    Outcome.CORROBORATED,
)


def mark_of(counts: Counter[Outcome]) -> str:
    """Return the mark of the worst outcome in `counts` with how often it came, or a dot when there is none."""
    for outcome in WORST_FIRST:
        if counts[outcome]:
            return f"{MARKS[outcome]} {counts[outcome]}"
    return "."


@dataclass(slots=True)
class Watch:
    """Implements the pipeline's `Progress`; `changed` is called after each piece of news."""

    changed: Callable[[str], None] = lambda _news: None
    clock: Callable[[], float] = time.monotonic
    plan: Plan | None = None
    begun_at: float = 0.0
    resumed: int = 0
    claims_done: int = 0
    answers: int = 0
    now: dict[str, str] = field(default_factory=dict)
    gateways: dict[Gateway, Counter[Outcome]] = field(default_factory=dict)
    cells: dict[Cell, Counter[Outcome]] = field(default_factory=dict)
    losses: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=RECENT))
    lost: int = 0
    note: str = ""
    lock: Lock = field(default_factory=Lock)

    def begun(self, plan: Plan, resumed: int) -> None:
        """Take the plan."""
        self.plan, self.resumed, self.claims_done = plan, resumed, resumed
        self.begun_at = self.clock()
        self.gateways = {g: Counter() for g in Gateway}
        self.cells = {cell: Counter() for cell in plan.cells}
        self.changed(f"taking up {resumed} of {len(plan.claims)} claims" if resumed else "started")

    def busy(self, doing: str) -> None:
        """Say what takes a while."""
        with self.lock:
            self.now = {"": doing} if doing else {}
        self.changed("")

    def started(self, scenario: Scenario) -> None:
        """Remember what runs."""
        with self.lock:
            self.now.pop("", None)
            self.now[scenario.id] = f"{scenario.cell}: {one_line(scenario.prompt, 50)}"

    def observed(self, scenario: Scenario, observation: Observation, verdict: Verdict) -> None:
        """Count an answer. What it is worth, the claim says: one wrong answer of many may be within its bound."""
        del observation, verdict
        with self.lock:
            self.now.pop(scenario.id, None)
        self.answers += 1
        self.changed("")

    def judged(self, judged: Judged) -> None:
        """Count a claim, in its cell when it is about one; keep the latest losses."""
        self.claims_done += 1
        outcome, claim = judged.verdict.outcome, judged.claim
        for cell, counts in self.cells.items():
            if (cell.format, cell.backend, cell.modality) == astuple(claim.subject):
                counts[outcome] += 1
        if claim.gateway:
            self.gateways[claim.gateway][outcome] += 1
        news = ""
        if outcome.is_lost:
            self.lost += 1
            news = f"{MARKS[outcome]}  {claim.gate}  {claim.subject}  {one_line(judged.verdict.reason, 110)}"
            self.losses.append((self.elapsed_s, news))
        self.changed(news)

    def ended(self, note: str) -> None:
        """Note why the run ended early, if it did."""
        self.now, self.note = {}, note
        self.changed(note)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.begun_at if self.plan else 0.0

    @property
    def total(self) -> int:
        """Claims planned."""
        return len(self.plan.claims) if self.plan else 0

    @property
    def remaining_s(self) -> float | None:
        """What is left, from the answers so far; before the first answers, as the plan predicts."""
        if not self.plan:
            return None
        questions = len(self.plan.scenarios)
        if self.answers < 3:
            return self.plan.predicted_minutes * 60
        return self.elapsed_s * max(questions - self.answers, 0) / self.answers

    @property
    def doing(self) -> str:
        """One thing that runs now, and how many more."""
        with self.lock:
            running = list(self.now.values())
        if not running:
            return ""
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        return f"{running[0]}{more}"


def clock_text(seconds: float) -> str:
    """Return `m:ss`, or `h:mm:ss`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def about(seconds: float | None) -> str:
    """Return how long that is, roughly: `about 40 s left`."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(int(seconds), 1)} s left"
    return f"about {round(seconds / 60)} min left"
