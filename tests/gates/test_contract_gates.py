"""I-2, I-3 and I-4 hold on healthy conversions, and fall, by name, on harmed ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contract_cases import BREACHES, I2, I3, I4, Breach
from file_harms import MODELS, copy, settings
from gate_exhibits import GGUF, RUN, brief

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.gates import _draw
from apr_qa.rooms import by_name
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome, Verdict

GATES = (I2, I3, I4)
APR = Cell(format=Format.APR, backend=Backend.CPU, modality=Modality.RUN)


def gate(name: str) -> Gate:
    found = by_name("apr_qa.gates", Gate, name)
    assert found is not None
    return found


def files(root: Path, quantization: str = "f16") -> ModelFiles:
    return locate(root, Wanted(quantizations=(quantization,)))


def judge(name: str, found: ModelFiles | None, form: Format) -> Verdict:
    asked = gate(name)
    return asked.judge(_draw.claim(asked.spec, Subject(format=form)), Exhibits(files=found))


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
@pytest.mark.parametrize(("form", "quantization"), [("apr", "f16"), ("gguf", "f16"), ("gguf", "q8_0")])
def test_healthy_conversions_hold(name: str, model: str, form: str, quantization: str) -> None:
    """The shipped models keep every invariant in every format."""
    verdict = judge(name, files(MODELS / model, quantization), Format(form))
    assert verdict.outcome is Outcome.CORROBORATED, verdict


@pytest.mark.parametrize("case", BREACHES, ids=lambda case: f"{case.gate}: {case.name}")
def test_a_breach_falls_by_name(case: Breach, tmp_path: Path) -> None:
    """The verdict says which tensor, and what is wrong with it; its detail is JSON without NaN."""
    root = copy(case.model, tmp_path)
    case.harm(root)
    verdict = judge(case.gate, files(root), case.form)
    assert verdict.outcome is Outcome.FALSIFIED, verdict
    assert case.words in verdict.reason
    json.dumps(dict(verdict.detail), allow_nan=False)


@pytest.mark.parametrize("name", GATES)
def test_without_files_or_ground_truth_nothing_is_judged(name: str) -> None:
    """Evidence judged elsewhere, and a GGUF alone, prove nothing about the conversion."""
    assert judge(name, None, Format.GGUF).outcome is Outcome.UNJUDGED
    alone = locate(MODELS / "tiny" / "gguf" / "model-f16.gguf", Wanted())
    assert judge(name, alone, Format.GGUF).outcome is Outcome.UNJUDGED


@pytest.mark.parametrize("name", GATES)
def test_a_claim_for_each_converted_format(name: str) -> None:
    """SafeTensors are the truth and need no claim; the others each have one."""
    about = brief((RUN, GGUF, APR), files=files(MODELS / "tiny"))
    drawn = gate(name).draw(gate(name).spec, about)
    assert [str(claim.subject) for claim in drawn.claims] == ["gguf", "apr"]
    assert gate(name).draw(gate(name).spec, brief((RUN,), files=files(MODELS / "tiny"))).claims == ()


def test_only_the_listed_invariants_are_drawn() -> None:
    """contract_tests.invariants of a playbook decides."""
    about = brief((RUN, GGUF), files=files(MODELS / "tiny"), extras={"contract_tests": {"invariants": ["I-3"]}})
    drawn = {name: len(gate(name).draw(gate(name).spec, about).claims) for name in GATES}
    assert drawn == {I2: 0, I3: 1, I4: 0}


@pytest.mark.parametrize("name", GATES)
def test_an_unknown_family_is_said_beforehand(name: str, tmp_path: Path) -> None:
    """The plan says that nobody described the tensors; judging it all the same blames nobody."""
    root = copy("tiny", tmp_path)
    settings("config.json", model_type="novel", architectures=["NovelForCausalLM"])(root)
    drawn = gate(name).draw(gate(name).spec, brief((RUN, GGUF), files=files(root)))
    assert drawn.claims == ()
    assert [item.what for item in drawn.not_run] == [f"{name}@gguf"]
    assert "novel" in drawn.not_run[0].reason
    assert judge(name, files(root), Format.GGUF).outcome is Outcome.UNJUDGED


@pytest.mark.parametrize("name", GATES)
def test_a_config_out_of_proportion_is_a_verdict(name: str, tmp_path: Path) -> None:
    """A trillion layers are refused at once, not counted."""
    root = copy("tiny", tmp_path)
    settings("config.json", num_hidden_layers=10**12)(root)
    assert judge(name, files(root), Format.GGUF).outcome is Outcome.FALSIFIED
