"""The view: what all renderings say."""

from __future__ import annotations

import dataclasses

import pytest
import sample_models
from sample_evidence import claim, evidence_of, judged, outcome_of

from apr_qa.reports._complete import complete
from apr_qa.reports._view import PROVISIONAL_AT, view_of
from apr_qa.reports._words import listing, percent
from apr_qa.score import grade
from apr_qa.vocab.axes import Format, Tier
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome, Verdict


def _cells(view):
    return {c.name: c for block in view.table.blocks for row in block.rows for c in row.cells}


def test_what_felled_a_gateway_comes_first() -> None:
    """Causes are ordered: gateway, severity, number of claims."""
    view = view_of(*sample_models.blocked())
    assert [(g.gate, g.count) for g in view.groups] == [
        ("F-CONTRACT-I2-001", 1),
        ("F-QUAL-ANSWER-001", 12),
        ("F-QUAL-ANSWER-001", 2),
        ("F-QUAL-ANSWER-001", 1),
    ]
    assert view.groups[0].felled == "G4"
    assert "F-CONTRACT-I2-001" in view.step.text


def test_a_bad_conversion_is_told_with_its_commands() -> None:
    """No question shows it: the command of its verdict does, and the engine is to blame."""
    evidence, card = sample_models.blocked()
    command = "apr export model.apr --format gguf -o model.gguf --json"
    made = claim("F-CONV-A-G", Subject(format=Format.GGUF), params={"routes": [["apr", "gguf"]]})
    lost = judged(made, Outcome.FALSIFIED, "q/k row permutation missing", reproduce=command, culprit="engine")
    view = view_of(dataclasses.replace(evidence, judged=(*evidence.judged, lost)), card)
    (group,) = (g for g in view.groups if g.gate == "F-CONV-A-G")
    assert group.examples[0].command == command
    assert group.culprit == "engine"
    assert command not in str(group.figures)


def test_a_long_command_is_pointed_to_and_never_torn() -> None:
    """Half a command asks something else: the page says where the whole stands, and advises one that can be copied."""
    evidence, card = sample_models.blocked()
    for command, shown, advised in (
        ("apr run --prompt=" + "a" * 100, "apr run --prompt=" + "a" * 100, "apr run --prompt=" + "a" * 100),
        ("apr run --prompt=" + "a" * 1000, '# 1,017 characters: "reproduce"', "apr-qa explain G0-X"),
    ):
        lost = judged(claim("G0-X", Subject()), Outcome.FALSIFIED, "wrong", reproduce=command)
        view = view_of(dataclasses.replace(evidence, judged=(lost,)), card)
        assert view.groups[0].examples[0].command.startswith(shown)
        assert view.step.command == advised


def test_answers_that_differ_only_in_numbers_and_quotes_share_a_cause() -> None:
    """Twelve wrong sums are one cause, told with prompt, answer, expectation and command."""
    group = view_of(*sample_models.blocked()).groups[1]
    example = group.examples[0]
    assert len(group.examples) + len(group.lines) + group.left_out == 12
    assert "".join(p.text for p in example.prompt) == "What is 2 + 2?"
    assert "".join(p.text for p in example.answer).startswith("ILLISECONDS")
    assert example.expected == "4"
    assert example.command.startswith("apr run model.gguf")


def test_a_cell_shows_its_worst_outcome() -> None:
    """Mark and word are those of the worst claim; survived and judged are counted."""
    cells = _cells(view_of(*sample_models.blocked()))
    assert (cells["apr-cpu-run"].tone, cells["apr-cpu-run"].survived, cells["apr-cpu-run"].judged) == ("ok", 4, 4)
    assert (cells["apr-cpu-serve"].word, cells["apr-cpu-serve"].survived) == ("1 timeout", 3)
    assert cells["gguf-cpu-chat"].word == "4 falsified"
    assert cells["gguf-cpu-chat"].link == "cause-2"
    assert (cells["safetensors-cpu-serve"].word, cells["safetensors-cpu-serve"].judged) == ("1 skipped", 3)


def test_what_was_skipped_is_told_beside_what_was_proved() -> None:
    """A cell where a claim was skipped and the rest survived is proved so far; one with a loss is not."""

    def proved(first: Outcome, others: Outcome = Outcome.CORROBORATED) -> list[str]:
        def spoil(asked, made, seen):
            here = asked.cell.format is Format.SAFETENSORS
            wanted = first if asked.id.endswith("0") else others
            return (outcome_of(made, wanted, "because") if here else made), seen

        view = view_of(evidence_of(spoil), sample_models.passing()[1])
        return [s.rest for s in view.proved if s.strong == "SafeTensors on cpu"]

    assert proved(Outcome.SKIPPED) == [
        " answers in run, chat and serve: 9 claims, none lost, 3 skipped and not proved."
    ]
    assert proved(Outcome.CORROBORATED) == [" answers in run, chat and serve: 12 claims, none lost."]
    assert proved(Outcome.FALSIFIED) == proved(Outcome.UNJUDGED) == []
    assert proved(Outcome.SKIPPED, Outcome.SKIPPED) == []


def test_what_weakens_a_claim_is_told_once() -> None:
    """A playbook that is not as locked is one line among what is not proved."""
    evidence, card = sample_models.passing()
    run = dataclasses.replace(evidence.run, unlocked="no lock names it")
    view = view_of(dataclasses.replace(evidence, run=run), card)
    assert [s.rest for s in view.not_proved if s.strong == "Playbook not as locked"] == [": no lock names it."]
    assert "Playbook not as locked" not in {s.strong for s in view_of(evidence, card).not_proved}


def test_the_crash_is_worse_than_the_wrong_answer() -> None:
    """A cell with both shows the crash, and the wrong answers beside it."""

    def spoil(asked, made, seen):
        outcome = {"0": Outcome.CRASHED, "1": Outcome.FALSIFIED}.get(asked.id[-1], Outcome.CORROBORATED)
        return outcome_of(made, outcome, "because"), seen

    evidence, card = evidence_of(spoil), sample_models.blocked()[1]
    cell = _cells(view_of(evidence, card))["apr-cpu-run"]
    assert (cell.tone, cell.word, cell.also) == ("crash", "1 crashed", "1 falsified")


def test_a_claim_planned_and_never_judged_is_not_forgotten() -> None:
    """It is unjudged, in its cell and among what is not proved."""
    evidence, card = sample_models.passing()
    cut = dataclasses.replace(evidence, judged=evidence.judged[:-1])
    assert len(complete(cut).judged) == len(evidence.judged)
    view = view_of(cut, card)
    assert _cells(view)["gguf-cpu-serve"].tone == "unj"
    assert any("never judged" in s.rest for s in view.not_proved)


def test_the_last_verdict_on_a_claim_counts() -> None:
    """A claim judged twice is one claim, as the score counts it."""
    evidence, _ = sample_models.passing()
    again = Judged(claim=evidence.judged[0].claim, verdict=Verdict(outcome=Outcome.FALSIFIED, reason="later"))
    whole = complete(dataclasses.replace(evidence, judged=(*evidence.judged, again)))
    assert len(whole.judged) == len(evidence.judged)
    assert whole.judged[0].verdict.reason == "later"


def test_empty_evidence_proves_nothing() -> None:
    """No judged claim: nothing is proved, and the page says so."""
    evidence, card = sample_models.empty()
    view = view_of(dataclasses.replace(evidence, run=dataclasses.replace(evidence.run, claims=())), card)
    assert view.proved == ()
    assert view.groups == ()
    assert all(c.tone == "unj" for c in _cells(view).values())


def test_what_is_missing_is_said_in_words() -> None:
    """Nine gpu cells that could not run are one sentence, with the reason and the tier's demand."""
    view = view_of(*sample_models.partial_run())
    first = view.not_proved[0]
    assert first.strong == "SafeTensors, APR and GGUF; gpu; run, chat and serve"
    assert first.rest == ": not run, though this tier requires it. This machine has no GPU."
    assert [s.strong for s in view.not_proved[1:]] == ["G2 Inference", "APR; cpu; run, chat and serve"]


def test_a_crash_that_did_not_repeat_is_told_apart() -> None:
    """It costs points but brings no gateway down."""
    assert [s.strong for s in view_of(*sample_models.passing()).once] == ["safetensors-cpu-chat-matrix-001"]


@pytest.mark.parametrize("case", sample_models.CASES)
def test_every_case_has_a_next_step(case: str) -> None:
    """Verdict, reason, next step: always all three."""
    view = view_of(*sample_models.CASES[case]())
    assert view.status
    assert view.reason
    assert view.step.text


def test_numbers_of_the_score_are_the_scores() -> None:
    """The bar of PROVISIONAL is that of the score stage; the bound of a pass rate both take from one place."""
    assert PROVISIONAL_AT == grade.PROVISIONAL_FROM


def test_a_bound_is_never_rounded_up() -> None:
    """84.96 % is shown as 84.9 %."""
    assert [percent(x) for x in (0.8496, 1.0, 0.0, 0.847)] == ["84.9 %", "100.0 %", "0.0 %", "84.7 %"]


def test_lists_read_like_prose() -> None:
    """Commas, then `and`."""
    assert [listing(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mqs": 980, "outcomes": {"unjudged": 14}}, "14 claims without a verdict"),
        ({"mqs": 980, "tier": Tier.SMOKE}, "Tier smoke claims no more"),
        ({"mqs": 780}, "Most is lost in"),
    ],
)
def test_a_provisional_model_is_told_what_is_missing(changes: dict[str, object], words: str) -> None:
    """Missing verdicts, the tier's cap, or points: each has its own next step."""
    evidence, card = sample_models.passing()
    assert words in view_of(evidence, dataclasses.replace(card, status=Status.PROVISIONAL, **changes)).step.text


def test_the_command_to_check_names_no_folder_of_the_first_reader() -> None:
    """Where results were kept is left out; everything else of the command stays."""
    evidence, card = sample_models.passing()
    argv = ("certify", "tiny", "-o", "/home/x", "--seed", "7", "--output=/y", "--output", "/z", "mvp")
    asked = dataclasses.replace(evidence, run=dataclasses.replace(evidence.run, argv=argv))
    assert view_of(asked, card).checks[-1].command == "apr-qa certify tiny --seed 7 mvp"


def test_an_engine_without_a_fence_is_a_condition_of_the_certificate() -> None:
    """What was open to the engine is said on the certificate, and nothing when nothing was."""
    evidence, card = sample_models.blocked()
    held = ("process group", "network: no connections out", "files: not isolated", "devices, services: not isolated")
    for host, said in (
        ({"isolation": list(held)}, ": it could reach the machine's files and devices, services."),
        (
            {"isolation": str(held) + " / " + str(held[:2])},
            ": it could reach the machine's files and devices, services.",
        ),
        ({"isolation": ["files: read-only but its own folder"]}, None),
        ({}, None),
    ):
        view = view_of(dataclasses.replace(evidence, run=dataclasses.replace(evidence.run, host=host)), card)
        assert [s.rest for s in view.not_proved if s.strong == "Engine not fenced"] == ([said] if said else [])
