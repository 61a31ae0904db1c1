"""One failed claim in full: what was asked, what came back, how to see it again."""

from __future__ import annotations

import html
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from apr_qa.reports._display import Piece, one_line, pieces, visible
from apr_qa.reports._words import subject_words
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.scenario import Scenario

LONGEST_COMMAND = 600
"""Characters of a command line that are shown."""


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
class Witness:
    """What was asked and answered, as far as it is shown, and which answers were lost by themselves."""

    lost: Container[str]
    silent: Container[str]
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)

    @classmethod
    def of(cls, evidence: Evidence, shown: Sequence[Judged], lost: Container[str]) -> Witness:
        """Return what the claims in `shown` rest on; `lost`: the scenarios of answers lost by themselves."""
        if not shown:
            return cls(lost=lost, silent=frozenset())
        needed = frozenset(need for judged in shown for need in judged.claim.needs)
        silent: set[str] = set()
        places: dict[str, int] = {}
        for place, seen in enumerate(evidence.observations):
            if seen.reply.ending != Ending.ANSWERED:
                silent.add(seen.scenario)
            if seen.scenario in needed:
                places[seen.scenario] = place
        witness = cls(lost=lost, silent=silent)
        wanted = {witness.telling(judged) for judged in shown}
        witness.scenarios.update((s.id, s) for s in evidence.run.scenarios if s.id in wanted)
        witness.observations.update((n, evidence.observations[places[n]]) for n in wanted if n in places)
        return witness

    def telling(self, judged: Judged) -> str:
        """The scenario that shows best why the claim was lost; empty for claims about files."""
        named = judged.verdict.detail.get("scenario")
        needs = judged.claim.needs
        if isinstance(named, str) and named in needs:
            return named
        shown = (n for among in (self.lost, self.silent) for n in needs if n in among)
        return next(shown, needs[0] if needs else "")


def example(judged: Judged, witness: Witness) -> Example:
    """Return one failed claim in full."""
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
        command=_command(seen.reproduce if seen else str(judged.verdict.detail.get("reproduce", "")), asked),
        stderr=pieces(seen.stderr_tail[-400:], 400) if seen and reply and reply.ending != Ending.ANSWERED else (),
    )


def _command(line: str, asked: str) -> str:
    """The whole command line, or where a long one stands: half a command asks something else."""
    if len(line) <= LONGEST_COMMAND:
        return visible(line, LONGEST_COMMAND, "\n\t")
    return f'# {len(line):,} characters: "reproduce" of {one_line(asked, 100)} in evidence.json'


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


def cost(shown: Example) -> int:
    """Return about how many characters of a page it takes."""
    foreign = "".join(p.text for p in (*shown.prompt, *shown.answer, *shown.stderr))
    marked = sum(32 for p in (*shown.prompt, *shown.answer, *shown.stderr) if p.kind != "text")
    return len(html.escape(foreign + shown.reason + shown.command + shown.expected + shown.ended)) + marked
