"""Who is to blame: every combination of verdicts, and the look-up in the evidence of a run."""

from __future__ import annotations

from typing import Any

import pytest

from apr_qa.truth.culprit import Culprit, culprit, culprit_of, main_culprit
from apr_qa.vocab.axes import Backend, Category, Format, Modality, Severity, Tier
from apr_qa.vocab.evidence import Evidence, Judged, RunRecord
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Outcome, Verdict

RIGHT, WRONG, UNKNOWN = (
    Verdict(outcome=outcome, reason="") for outcome in (Outcome.CORROBORATED, Outcome.FALSIFIED, Outcome.UNJUDGED)
)


@pytest.mark.parametrize(
    ("answer", "on_file", "on_truth", "expected"),
    [
        (RIGHT, WRONG, WRONG, Culprit.NOBODY),
        (WRONG, RIGHT, RIGHT, Culprit.ENGINE),
        (WRONG, RIGHT, None, Culprit.ENGINE),
        (WRONG, WRONG, RIGHT, Culprit.FILE),
        (WRONG, WRONG, None, Culprit.FILE),
        (WRONG, WRONG, WRONG, Culprit.MODEL),
        (WRONG, None, RIGHT, Culprit.UNKNOWN),
        (WRONG, UNKNOWN, RIGHT, Culprit.UNKNOWN),
        (None, RIGHT, RIGHT, Culprit.UNKNOWN),
    ],
)
def test_blame_follows_from_three_answers(
    answer: Verdict | None, on_file: Verdict | None, on_truth: Verdict | None, expected: Culprit
) -> None:
    """The engine is to blame exactly when the reference engine is right on the same file."""
    assert culprit(answer, on_file, on_truth) is expected


def test_the_main_culprit_is_the_most_frequent() -> None:
    """Answers that were right say nothing against anybody; the unknown is only named when nobody else is."""
    assert main_culprit([Culprit.NOBODY, Culprit.FILE, Culprit.FILE, Culprit.ENGINE]) is Culprit.FILE
    assert main_culprit([Culprit.FILE, Culprit.ENGINE]) is Culprit.ENGINE
    assert main_culprit([Culprit.UNKNOWN, Culprit.NOBODY]) is Culprit.UNKNOWN
    assert main_culprit([Culprit.NOBODY]) is Culprit.NOBODY


def _claim(gate: str, *, modality: Modality | None = None, needs: tuple[str, ...] = ()) -> Claim:
    subject = Subject(format=Format.GGUF, backend=Backend.CPU if modality else None, modality=modality)
    return Claim(
        id=f"{gate}@{subject}", gate=gate, gateway=None, category=Category.QUAL, severity=Severity.P1, weight=1,
        subject=subject, needs=needs,
    )  # fmt: skip


def _evidence(engine: Verdict, file: Verdict) -> Evidence:
    fields: dict[str, Any] = dict.fromkeys(
        ("plan_digest", "playbook", "playbook_digest", "model", "revision", "started_at", "apr_qa_version",
         "score_formula"), "",
    )  # fmt: skip
    run = RunRecord(tier=Tier.MVP, seed=1, **fields)
    judged = (
        Judged(claim=_claim("F-ENGINE-FILE-001", modality=Modality.RUN, needs=("x",)), verdict=engine),
        Judged(claim=_claim("F-CONTRACT-I1-001"), verdict=file),
    )
    return Evidence(run=run, observations=(), judged=judged)


def test_a_lost_claim_is_looked_up_in_the_run() -> None:
    """The two verdicts beside a lost claim name the culprit; those of another modality are not heard."""
    lost = _claim("G4-BASIC-001", modality=Modality.RUN, needs=("a",))
    repeats = Verdict(outcome=Outcome.CORROBORATED, reason="", detail={"culprit": "model"})
    assert culprit_of(lost, _evidence(WRONG, RIGHT)) is Culprit.ENGINE
    assert culprit_of(lost, _evidence(RIGHT, WRONG)) is Culprit.FILE
    assert culprit_of(lost, _evidence(repeats, RIGHT)) is Culprit.MODEL
    assert culprit_of(lost, _evidence(RIGHT, RIGHT)) is Culprit.UNKNOWN
    assert culprit_of(_claim("G4-BASIC-001", modality=Modality.CHAT, needs=("a",)), _evidence(WRONG, RIGHT)) is (
        Culprit.UNKNOWN
    )
    assert culprit_of(_claim("G0-INTEGRITY-VALUES"), _evidence(RIGHT, RIGHT)) is Culprit.FILE
