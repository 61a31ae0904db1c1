"""From evidence to drafts: symptoms of one root cause together, the worst cause first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apr_qa.tickets.body import body_of
from apr_qa.tickets.markdown import plain
from apr_qa.tickets.signature import fingerprint, signature
from apr_qa.tickets.symptoms import FailureClass, Symptom, symptoms
from apr_qa.vocab.axes import Severity
from apr_qa.vocab.effects import TicketEffect, TicketState
from apr_qa.vocab.evidence import Evidence

LABEL = "apr-qa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue that could be opened: one root cause and all that it broke."""

    fingerprint: str
    """16 hex digits: the same root cause, the same digits."""
    title: str
    body: str
    """Markdown; nothing that a model said is alive in it."""
    labels: tuple[str, ...]
    severity: Severity
    kind: FailureClass
    signature: str
    culprit: str
    occurrences: int
    """Lost claims."""
    gates: tuple[str, ...]
    models: tuple[str, ...]


def drafts(pieces: Iterable[Evidence], *, least: int = 1, crashes_only: bool = False) -> tuple[Draft, ...]:
    """Return a draft for each root cause with at least `least` lost claims, the worst first.

    A claim about many answers goes with the cause of one of them, so that a lost gateway opens no second ticket.
    """
    causes: defaultdict[str, list[Symptom]] = defaultdict(list)
    for evidence in pieces:
        for key, symptom in _with_keys(evidence):
            causes[key].append(symptom)
    made = [_draft(key, found) for key, found in causes.items() if len(found) >= least]
    kept = [draft for draft in made if not crashes_only or draft.kind is FailureClass.CRASH]
    return tuple(sorted(kept, key=lambda d: (d.severity, -d.occurrences, d.fingerprint)))


def effect_of(draft: Draft, repo: str) -> TicketEffect:
    """Return what should happen in `repo`: the draft is an open issue."""
    return TicketEffect(
        repo=repo,
        fingerprint=draft.fingerprint,
        state=TicketState.OPEN,
        title=draft.title,
        body=draft.body,
        labels=draft.labels,
    )


def _with_keys(evidence: Evidence) -> Iterable[tuple[str, Symptom]]:
    by_answer: dict[str, str] = {}
    for symptom in symptoms(evidence):
        needs = symptom.judged.claim.needs
        known = next((by_answer[need] for need in needs if need in by_answer), "") if len(needs) > 1 else ""
        key = known or fingerprint(symptom)
        if len(needs) == 1:
            by_answer.setdefault(needs[0], key)
            key = by_answer[needs[0]]
        yield key, symptom


def _draft(key: str, found: Sequence[Symptom]) -> Draft:
    first = found[0]
    worst = min(symptom.judged.claim.severity for symptom in found)
    culprit = "file" if first.kind is FailureClass.FILE else "engine"
    said = signature(first)
    return Draft(
        fingerprint=key,
        title=f"[apr-qa] {first.kind}: {plain(said)} ({plain(first.culprit, 60)})",
        body=body_of(key, found, said, worst),
        labels=(LABEL, f"priority:{worst}", f"class:{first.kind.value.replace(' ', '-')}", f"culprit:{culprit}"),
        severity=worst,
        kind=first.kind,
        signature=said,
        culprit=first.culprit,
        occurrences=len(found),
        gates=tuple(sorted({symptom.judged.claim.gate for symptom in found})),
        models=tuple(sorted({symptom.evidence.run.model for symptom in found})),
    )
