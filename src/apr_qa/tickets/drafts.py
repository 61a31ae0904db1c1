"""From evidence to drafts: symptoms of one root cause together, the worst cause first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apr_qa.tickets.body import body_of
from apr_qa.tickets.markdown import plain
from apr_qa.tickets.signature import fingerprint, signature
from apr_qa.tickets.symptoms import FailureClass, Symptom, symptoms
from apr_qa.vocab.axes import Format, Severity
from apr_qa.vocab.effects import TicketEffect, TicketState
from apr_qa.vocab.evidence import Evidence

LABEL = "apr-qa"
_OF_FILES = (FailureClass.FILE, FailureClass.WRONG, FailureClass.GARBAGE)
"""What a broken file may bring about in an engine that is sound."""


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
    places: tuple[tuple[str, str, str], ...] = ()
    """Model, gate and subject of each lost claim."""
    engine: str = ""
    """At fault; empty when a file is."""
    version: str = ""
    asked: tuple[str, ...] = ()
    """Engines of the runs in which it showed."""

    @property
    def is_of_file(self) -> bool:
        """Whether a model's file is at fault."""
        return self.kind is FailureClass.FILE


def drafts(pieces: Iterable[Evidence], *, least: int = 1, crashes_only: bool = False) -> tuple[Draft, ...]:
    """Return a draft for each root cause with at least `least` lost claims, the worst first.

    A claim about many answers goes with the cause of one of them, so that a lost gateway opens no second ticket. Where
    a file is refuted, all that is wrong about it is one cause, and so is what an engine answers from it: only a crash,
    a hang or a refusal is still the engine's own.
    """
    causes: defaultdict[str, list[Symptom]] = defaultdict(list)
    for evidence in pieces:
        for key, symptom in _with_keys(evidence):
            causes[key].append(symptom)
    made = [_draft(key, found) for key, found in causes.items() if len(found) >= least]
    kept = [draft for draft in made if not crashes_only or draft.kind is FailureClass.CRASH]
    return tuple(sorted(kept, key=lambda d: (d.severity, -d.occurrences, d.fingerprint)))


def effect_of(draft: Draft, repo: str, *, number: int | None = None, note: str = "", more: str = "") -> TicketEffect:
    """Return what should happen in `repo`: the draft is an open issue.

    `note` is said when it was closed; `more` stands at the end of the body: where else it showed.
    """
    return TicketEffect(
        repo=repo,
        fingerprint=draft.fingerprint,
        state=TicketState.OPEN,
        title=draft.title,
        body=f"{draft.body}\n{more}" if more else draft.body,
        labels=draft.labels,
        note=note,
        number=number,
    )


def _with_keys(evidence: Evidence) -> Iterable[tuple[str, Symptom]]:
    found = list(symptoms(evidence))
    broken = _broken_files(found)
    by_answer: dict[str, str] = {}
    for symptom in sorted(found, key=lambda s: s.kind is not FailureClass.FILE):
        if root := broken.get(_format(symptom)) if symptom.kind in _OF_FILES else None:
            yield root, symptom
            continue
        needs = symptom.judged.claim.needs
        known = next((by_answer[need] for need in needs if need in by_answer), "") if len(needs) > 1 else ""
        key = known or fingerprint(symptom)
        if len(needs) == 1:
            by_answer.setdefault(needs[0], key)
            key = by_answer[needs[0]]
        yield key, symptom


def _broken_files(found: Iterable[Symptom]) -> dict[Format | None, str]:
    """The cause of each format whose file is refuted: its worst lost claim."""
    broken: dict[Format | None, str] = {}
    for symptom in sorted(found, key=lambda s: (s.judged.claim.severity, s.judged.claim.gate)):
        if symptom.kind is FailureClass.FILE:
            broken.setdefault(_format(symptom), fingerprint(symptom))
    return broken


def _format(symptom: Symptom) -> Format | None:
    return symptom.scenario.cell.format if symptom.scenario else symptom.judged.claim.subject.format


def _draft(key: str, found: Sequence[Symptom]) -> Draft:
    first = min(found, key=_decisive)
    found = [first, *(symptom for symptom in found if symptom is not first)]
    worst = min(symptom.judged.claim.severity for symptom in found)
    engine = first.engine
    said = signature(first)
    return Draft(
        fingerprint=key,
        title=f"[apr-qa] {first.kind}: {plain(said)} ({plain(first.culprit, 60)})",
        body=body_of(key, found, said, worst),
        labels=(LABEL, f"priority:{worst}", f"class:{first.kind.value.replace(' ', '-')}", _fault(first)),
        severity=worst,
        kind=first.kind,
        signature=said,
        culprit=first.culprit,
        occurrences=len(found),
        gates=tuple(sorted({symptom.judged.claim.gate for symptom in found})),
        models=tuple(sorted({symptom.evidence.run.model for symptom in found})),
        places=tuple(sorted({_place(symptom) for symptom in found})),
        engine=engine.name if engine else "",
        version=engine.version if engine else "",
        asked=tuple(sorted({facts.name for s in found for facts in s.evidence.run.engines.values()})),
    )


def _fault(symptom: Symptom) -> str:
    return "model-fault" if symptom.kind is FailureClass.FILE else "engine-fault"


def _decisive(symptom: Symptom) -> tuple[bool, str, str]:
    """A refuted file before what it brought about, its worst claim first; else as they were found."""
    claim = symptom.judged.claim
    return (False, claim.severity, claim.gate) if symptom.kind is FailureClass.FILE else (True, "", "")


def _place(symptom: Symptom) -> tuple[str, str, str]:
    claim = symptom.judged.claim
    return symptom.evidence.run.model, claim.gate, str(claim.subject)
