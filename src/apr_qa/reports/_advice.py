"""What to do next, and how anybody can check the certificate."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from apr_qa.reports._display import one_line, visible
from apr_qa.reports._failures import FailureGroup
from apr_qa.reports._words import CATEGORIES, plural
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.score import Scorecard, Status
from apr_qa.vocab.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A sentence and the command that goes with it; the command may be empty."""

    text: str
    command: str = ""


def next_step(evidence: Evidence, card: Scorecard, groups: Sequence[FailureGroup]) -> Step:
    """Return the one thing to do now, from the status and its worst cause."""
    if card.status is Status.BLOCKED and groups:
        return _after_a_block(groups[0])
    if card.status in (Status.PARTIAL, Status.FAIL):
        missing = [n.reason for n in evidence.run.not_run if n.required]
        why = f" First: {one_line(missing[0], 160)}" if missing else ""
        return Step(
            text=f"Supply what was missing, then give the same command again; it goes on.{why}", command=again(evidence)
        )
    if card.status is Status.PROVISIONAL:
        return _short_of_certified(evidence, card)
    if card.status is Status.CERTIFIED:
        heavier = [t for t in Tier if t.rank > card.tier.rank]
        return Step(text=f"Nothing. Tier {heavier[0]} would prove more." if heavier else "Nothing.")
    return Step(text="Run the model.", command=again(evidence))


def checks(evidence: Evidence) -> tuple[Step, ...]:
    """Return the ways to check a certificate, the cheapest first."""
    steps = [
        Step(text="Score the evidence again. No model, no engine.", command="apr-qa score evidence.json"),
        Step(text="Judge the stored answers again with your own copy.", command="apr-qa score evidence.json --rejudge"),
    ]
    if evidence.run.files:
        steps.append(Step(text="Compare your files with the digests above.", command="sha256sum *"))
    steps.append(Step(text="Run all of it again, with the same seed.", command=again(evidence)))
    return tuple(steps)


def again(evidence: Evidence, tier: Tier | None = None) -> str:
    """Return the command line that asks the same again, or another tier of it."""
    run = evidence.run
    if run.argv and tier is None:
        own = run.argv if run.argv[0].rpartition("/")[2] == "apr-qa" else ("apr-qa", *run.argv)
        return visible(shlex.join(("apr-qa", *_without_output(own[1:]))), 900)
    return visible(f"apr-qa certify {shlex.quote(run.model)} {tier or run.tier} --seed {run.seed}", 300)


def _without_output(words: Sequence[str]) -> list[str]:
    """Leave out where the first reader kept the results: it is nobody else's folder."""
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and word not in {"--output", "-o"} and not word.startswith("--output="):
            kept.append(word)
        skip = not skip and word in {"--output", "-o"}
    return kept


def _after_a_block(worst: FailureGroup) -> Step:
    where = f"{worst.subjects}, {plural(worst.count, 'claim')}"
    owner = f" At fault: the {worst.culprit}." if worst.culprit else ""
    command = next((e.command for e in worst.examples if e.command and not e.command.startswith("#")), "")
    see = "See it yourself:" if command else "What the gate asks for:"
    return Step(
        text=f"Start with {worst.gate} ({where}).{owner} {see}", command=command or f"apr-qa explain {worst.gate}"
    )


def _short_of_certified(evidence: Evidence, card: Scorecard) -> Step:
    unjudged = card.outcomes.get(Outcome.UNJUDGED, 0)
    if card.mqs >= evidence.run.certified_at and unjudged:
        missing = f"{plural(unjudged, 'claim')} without a verdict (below)"
        return Step(text=f"Only {missing} keep it from more. Clear the cause and run again.", command=again(evidence))
    if card.tier is Tier.SMOKE:
        return Step(text="Tier smoke claims no more than this. Try the next tier.", command=again(evidence, Tier.MVP))
    short = min(card.categories, key=lambda c: card.categories[c].points / max(card.categories[c].maximum, 1))
    return Step(text=f"Most is lost in {CATEGORIES[short][0].lower()}: see the failed claims below, then run again.")
