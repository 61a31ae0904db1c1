"""What the gates of the gateways say and show besides the outcome: who is named, which figures are evidence."""

from __future__ import annotations

import pytest
from gate_exhibits import RUN, brief, observe, outcomes

from apr_qa.gates import _judging
from apr_qa.rooms import by_name
from apr_qa.vocab.gates import Gate
from apr_qa.vocab.observation import Ending, Failing, Observation
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

ONE = brief((RUN,))


def _gate(name: str) -> Gate:
    gate = by_name("apr_qa.gates", Gate, name)
    assert gate is not None
    return gate


def _on(name: str, **reply: object) -> Verdict:
    (verdict,) = outcomes(_gate(name), ONE, lambda scenario: observe(scenario, **reply))
    return verdict


def test_an_error_of_a_later_step_proves_a_load() -> None:
    """What fails while answering was loaded before; what fails while loading was not."""
    assert _on("G1-LOAD-001", ending=Ending.FAILED, failing=Failing.INFERENCE).outcome is Outcome.CORROBORATED
    assert _on("G1-LOAD-001", ending=Ending.FAILED, failing=Failing.LOAD).outcome is Outcome.FALSIFIED


def test_a_load_that_fails_once_is_told_with_its_figures() -> None:
    """The first that failed is named, with what the engine said, and how many loaded."""
    seen: list[str] = []

    def engine(scenario: Scenario) -> Observation:
        seen.append(scenario.id)
        if len(seen) == 2:
            return observe(scenario, ending=Ending.FAILED, failing=Failing.LOAD, message="tensor not found")
        return observe(scenario)

    (verdict,) = outcomes(_gate("G1-LOAD-001"), ONE, engine)
    assert f"{seen[1]} failed with 'tensor not found'" in verdict.reason
    assert dict(verdict.detail) == {"loaded": len(seen) - 1, "failed_to_load": 1}


def test_empty_answers_are_counted() -> None:
    """All of them empty: none answered."""
    verdict = _on("G2-ANSWER-001", text="")
    assert (verdict.outcome, dict(verdict.detail)) == (Outcome.FALSIFIED, {"answered": 0})


def test_a_crash_is_shown_with_its_signal() -> None:
    """A crash that repeats names the question, the signal and the exit status."""
    verdict = _on("G3-STABLE-001", ending=Ending.CRASHED, attempts=2, signal=11, exit_status=None)
    assert verdict.outcome is Outcome.FALSIFIED
    assert (verdict.detail["signal"], verdict.detail["exit_status"]) == (11, None)
    assert str(verdict.detail["scenario"]).startswith("safetensors-cpu-run")


def test_a_crash_that_was_not_asked_again_is_no_verdict() -> None:
    """One crash proves nothing yet: unjudged, with the question named."""
    verdict = _on("G3-STABLE-001", ending=Ending.CRASHED, attempts=1)
    assert verdict.outcome is Outcome.UNJUDGED
    assert verdict.reason == f"{verdict.detail['scenario']} crashed and was not asked a second time"


def test_a_hang_that_cannot_be_ended_is_named() -> None:
    """The question is in the evidence."""
    verdict = _on("G3-STABLE-001", ending=Ending.TIMEOUT, survived_kill=True)
    assert verdict.reason == f"{verdict.detail['scenario']} hung and could not be ended"


def test_wrong_answers_are_quoted() -> None:
    """The first wrong answer stands in the reason, as the engine gave it."""
    assert "got 'seventeen'" in _on("G4-BASIC-001", text="seventeen").reason


@pytest.mark.parametrize("text", ["The capital of France is Paris."])
def test_language_is_counted(text: str) -> None:
    """How many answers are language, of how many judged."""
    verdict = _on("G4-GARBAGE-001", text=text)
    judged = verdict.detail["judged"]
    assert verdict.reason == f"{judged} of {judged} answers are language"


def test_words_of_the_verdicts() -> None:
    """Nothing is called nothing; long words are cut where they are told to be; details are never lost."""
    assert _judging.quoted(None) == "nothing"
    assert len(_judging.quoted("x" * 500, 40)) < len(_judging.quoted("x" * 500, 120))
    assert _judging.skipped("why", a=1) == Verdict(outcome=Outcome.SKIPPED, reason="why", detail={"a": 1})
    assert _judging.unjudged("why", a=1) == Verdict(outcome=Outcome.UNJUDGED, reason="why", detail={"a": 1})
