"""Who is to blame for a wrong answer: the file, the engine, or the model itself. Pure logic over verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict

ENGINE_FILE, ROUND_TRIP = "F-ENGINE-FILE-001", "F-CONTRACT-I1-001"


class Culprit(StrEnum):
    """Where to look first."""

    NOBODY = "nobody"
    FILE = "file"
    """The weights, tokenizer or template in this format: the reference engine is wrong on it, too."""
    ENGINE = "engine"
    """The reference engine answers rightly from the very same file."""
    MODEL = "model"
    """Wrong on the ground truth already: no conversion and no engine can help."""
    UNKNOWN = "unknown"


def culprit(answer: Verdict | None, on_file: Verdict | None, on_truth: Verdict | None = None) -> Culprit:
    """Return who is to blame for one answer.

    Args:
        answer: verdict on the answer of the engine on trial.
        on_file: verdict on what the reference engine answers from the same file.
        on_truth: the same from the ground truth; None: not asked, or the file is the ground truth.
    """
    if answer is None or not answer.outcome.is_judged:
        return Culprit.UNKNOWN
    if answer.outcome is Outcome.CORROBORATED:
        return Culprit.NOBODY
    if on_file is None or not on_file.outcome.is_judged:
        return Culprit.UNKNOWN
    if on_file.outcome is Outcome.CORROBORATED:
        return Culprit.ENGINE
    wrong_before = on_truth is not None and on_truth.outcome.is_lost
    return Culprit.MODEL if wrong_before else Culprit.FILE


def main_culprit(found: Iterable[Culprit]) -> Culprit:
    """Return who is to blame for most of several answers; on a tie the engine before the file."""
    counts = Counter(found)
    known = [who for who in (Culprit.ENGINE, Culprit.FILE, Culprit.MODEL) if counts[who]]
    if known:
        return max(known, key=lambda who: counts[who])
    return Culprit.NOBODY if counts[Culprit.NOBODY] and not counts[Culprit.UNKNOWN] else Culprit.UNKNOWN


def culprit_of(claim: Claim, evidence: Evidence) -> Culprit:
    """Return who is to blame for a lost claim of a run, from the two verdicts that stand beside it in the evidence.

    The verdict on the file (`F-CONTRACT-I1-001`) and that on the engine (`F-ENGINE-FILE-001`) of the claim's format,
    and of its backend and modality where it has one, are looked up. A file that fell is named even where the engine
    repeats faithfully what it says.
    """
    if not claim.needs:
        return Culprit.FILE
    beside = [j for j in evidence.judged if _covers(claim, j.claim)]
    engines = [j.verdict for j in beside if j.claim.gate == ENGINE_FILE]
    if any(v.outcome.is_lost for v in engines):
        return Culprit.ENGINE
    if any(j.claim.gate == ROUND_TRIP and j.verdict.outcome.is_lost for j in beside):
        return Culprit.FILE
    said = [Culprit(v.detail["culprit"]) for v in engines if v.detail.get("culprit") in tuple(Culprit)]
    found = main_culprit(said)
    return Culprit.UNKNOWN if found is Culprit.NOBODY else found


def _covers(claim: Claim, other: Claim) -> bool:
    """Return whether the other claim is about the same format, and nothing that contradicts backend and modality."""
    pairs = zip(
        (claim.subject.format, claim.subject.backend, claim.subject.modality),
        (other.subject.format, other.subject.backend, other.subject.modality),
        strict=True,
    )
    return claim.subject.format is not None and all(a is None or b is None or a is b for a, b in pairs)
