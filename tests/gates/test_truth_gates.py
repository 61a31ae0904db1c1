"""The gates of truth hold on clean conversions and fall on faulty ones; file and engine are kept apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import bad_engines as bad
import pytest
from file_harms import MODELS, copy
from gate_exhibits import GGUF, RUN, Engine, brief, exhibits, observe
from truth_cases import FAULTY, I1, I5, Faulty, gguf

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.gates import _draw
from apr_qa.rooms import by_name
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome, Verdict

ENGINE_FILE = "F-ENGINE-FILE-001"


def _gate(name: str) -> Gate:
    gate = by_name("apr_qa.gates", Gate, name)
    assert gate is not None
    return gate


def judge(name: str, files: ModelFiles, form: Format) -> Verdict:
    """Return the verdict of gate `name` on one format."""
    gate = _gate(name)
    return gate.judge(_draw.claim(gate.spec, Subject(format=form)), Exhibits(files=files))


def _truth(model: str) -> Mapping[Format, Artefact]:
    return locate(MODELS / model, Wanted(formats=(Format.SAFETENSORS,))).artefacts


@pytest.mark.parametrize("quantization", ["f16", "q8_0"])
@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
@pytest.mark.parametrize("gate", [I1, I5])
def test_the_shipped_conversions_are_right(gate: str, model: str, quantization: str) -> None:
    """APR and GGUF of both tiny models say what their ground truth says; I-5 is judged for SafeTensors, too."""
    files = locate(MODELS / model, Wanted(quantizations=(quantization,)))
    for form in files.artefacts if gate == I5 else (Format.APR, Format.GGUF):
        verdict = judge(gate, files, form)
        assert verdict.outcome is Outcome.CORROBORATED, (form, verdict)
        json.dumps(dict(verdict.detail), allow_nan=False)


@pytest.mark.parametrize("dtype", ["q6_k", "q5_k_m", "q4_k_m", "q4_0"])
@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
def test_coarse_types_are_held_to_their_own_limits(model: str, dtype: str, tmp_path: Path) -> None:
    """A clean conversion packed by llama.cpp's quantiser is inside the limits of its type."""
    root = copy(model, tmp_path)
    gguf(dtype)(root)
    files = locate(root, Wanted(formats=(Format.GGUF,), quantizations=(dtype,)))
    verdict = judge(I1, replace(files, artefacts={**files.artefacts, **_truth(model)}), Format.GGUF)
    assert verdict.outcome is Outcome.CORROBORATED, verdict
    assert verdict.detail["dtype"] == dtype.removesuffix("_m")


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: f"{case.gate}: {case.name}")
def test_a_faulty_conversion_falls(case: Faulty, tmp_path: Path) -> None:
    """Each fault falsifies the gate it belongs to, and the verdict is on the file."""
    root = copy(case.model, tmp_path)
    case.harm(root)
    files = locate(root, Wanted(quantizations=(case.quantization,)))
    if case.gate == I1:  # the same ground truth for all of them, so that it is computed once
        files = replace(files, artefacts={**files.artefacts, **_truth(case.model)})
    verdict = judge(case.gate, files, case.form)
    assert verdict.outcome is Outcome.FALSIFIED, verdict
    assert len(verdict.reason) > 20
    json.dumps(dict(verdict.detail), allow_nan=False)


def test_a_finer_type_may_not_be_worse_than_a_coarser_one(tmp_path: Path) -> None:
    """An APR file in full precision that is further from the truth than the four-bit GGUF needs no limits to fall."""
    from truth_cases import added_one, apr

    root = copy("tiny", tmp_path)
    gguf("q4_0")(root)
    apr(change=added_one)(root)
    verdict = judge(I1, locate(root, Wanted(quantizations=("q4_0",))), Format.APR)
    assert any("though it has fewer bits" in fault for fault in verdict.detail["faults"])


def test_without_a_reference_the_plan_says_so() -> None:
    """What the reference engine cannot compute is named beforehand, and is required for a full verdict."""
    why = "unknown architecture"
    for name in (I1, ENGINE_FILE):
        gate = _gate(name)
        (item,) = gate.draw(gate.spec, brief((GGUF,), reference=why, forward=why)).not_run
        assert item.required
        assert "unknown architecture" in item.reason


def test_ground_truth_that_is_not_there_is_no_loss() -> None:
    """Without SafeTensors files there is nothing to be held against, and the conversion is not blamed."""
    alone = locate(MODELS / "tiny" / "gguf" / "model-f16.gguf", Wanted())
    assert judge(I1, alone, Format.GGUF).outcome is Outcome.UNJUDGED
    verdict = judge(I5, alone, Format.GGUF)
    assert verdict.outcome is Outcome.CORROBORATED
    assert not verdict.detail["compared"]


def _engine_verdict(engine: Engine) -> Verdict:
    about = brief((RUN, GGUF))
    gate = _gate(ENGINE_FILE)
    drawn = gate.draw(gate.spec, about)
    claim = next(claim for claim in drawn.claims if claim.subject.format is Format.GGUF)
    return gate.judge(claim, exhibits(claim, drawn, about, engine))


def test_the_reference_engine_does_not_vouch_for_itself() -> None:
    """When the engine on trial is the reference engine itself, agreement shows nothing and is not counted."""
    start = ("python", "-I", "-m", "apr_qa.reference")
    assert _engine_verdict(lambda s: observe(s, argv=(*start, "run"))).outcome is Outcome.SKIPPED
    other = _engine_verdict(lambda s: observe(s, argv=(*start, "run") if s.engine else ("/usr/bin/apr", "run")))
    assert other.outcome is Outcome.CORROBORATED


def test_the_engine_is_named_when_its_file_is_right() -> None:
    """The reference engine answers rightly from the same GGUF file, the engine on trial does not."""
    verdict = _engine_verdict(lambda s: observe(s) if s.engine else bad.nonsense(s))
    assert verdict.outcome is Outcome.FALSIFIED
    assert verdict.detail["culprit"] == "engine"


def test_the_file_is_named_when_the_engine_repeats_it() -> None:
    """Both engines answer the same nonsense from the GGUF file: the engine is cleared, the file named."""
    verdict = _engine_verdict(lambda s: bad.nonsense(s) if s.cell.format is Format.GGUF else observe(s))
    assert verdict.outcome is Outcome.CORROBORATED
    assert verdict.detail["culprit"] == "file"
    assert "the file is wrong" in verdict.reason


def test_the_model_is_named_when_its_truth_is_wrong() -> None:
    """Nonsense from the ground truth already is nobody's conversion."""
    verdict = _engine_verdict(bad.nonsense)
    assert verdict.outcome is Outcome.CORROBORATED
    assert verdict.detail["culprit"] == "model"
