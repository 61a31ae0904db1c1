"""validate-contract: healthy files pass, and what is wrong with broken ones is named."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from broken_files import copy_of, plant
from command_line import ROOT

from apr_qa.pipeline.contract import inspect
from apr_qa.vocab.mutators import Place
from apr_qa.vocab.verdict import Outcome

MODELS = ROOT / "models"
TRUTH = MODELS / "tiny-llama" / "safetensors"


def test_a_healthy_file_survives_beside_its_ground_truth(tell):
    """Every contract from I-1 to I-5 is judged and holds, and nothing else is printed by --json."""
    found = tell("validate-contract", MODELS / "tiny-llama/gguf/model-f16.gguf", "--against", TRUTH, "--json")
    assert found.status == 0, found.out
    judged = [one for one in found.json["judged"] if one["format"] == "gguf"]
    assert {one["gate"] for one in judged} >= {f"F-CONTRACT-I{n}-001" for n in range(1, 6)}
    assert {one["outcome"] for one in found.json["judged"]} == {"corroborated"}
    assert {one["file"] for one in judged} == {"model-f16.gguf"}
    assert found.json["not_judged"] == []


@pytest.mark.parametrize("name", ["gguf/model-q8_0.gguf", "apr/model.apr"])
def test_a_file_alone_says_what_was_not_judged(tell, name):
    """Without a ground truth the file's own claims hold, and I-1 to I-4 are named as not judged, never as passed."""
    found = tell("validate-contract", MODELS / "tiny" / name)
    assert found.status == 0, found.out
    assert "not judged: F-CONTRACT-I1-001, F-CONTRACT-I2-001, F-CONTRACT-I3-001, F-CONTRACT-I4-001" in found.out
    assert "no ground truth" in found.out
    assert "ok  F-CONTRACT-I4" not in found.out
    assert ("?   F-CONTRACT-I5-001" in found.out) == name.startswith("apr")  # its tokenizer.json is elsewhere


def test_a_folder_is_judged_whole(tmp_path, tell):
    """SafeTensors, APR and GGUF of a healthy model all survive, each on a line of its own."""
    found = tell("validate-contract", copy_of("tiny", tmp_path / "tiny"))
    assert found.status == 0, found.out
    for form in ("safetensors", "apr", "gguf"):
        assert f"G0-INTEGRITY-HEADER    {form} " in found.out
    assert " x " not in found.out


BROKEN = {
    "k-permuted": ("F-CONTRACT-I4-001", "attn_k.weight: q/k row permutation"),
    "vocabulary-rows-swapped": ("F-CONTRACT-I4-001", "are swapped"),
    "tensor-missing": ("F-CONTRACT-I2-001", "is missing"),
    "end-token-wrong": ("F-COMP-META-001", "end token"),
    "template-unsafe": ("G0-INTEGRITY-TEMPLATE", ""),
    "truncated": ("G0-INTEGRITY-HEADER", ""),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """One model with a GGUF file for each fault, judged at once."""
    folder = tmp_path_factory.mktemp("broken") / "tiny"
    made = tmp_path_factory.mktemp("made")
    for fault in BROKEN:
        copy = copy_of("tiny", made / fault)
        plant(fault, copy)
        (file,) = (copy / "gguf").iterdir()
        file.rename(made / f"{fault}.gguf")
    copy = copy_of("tiny", folder)
    shutil.rmtree(copy / "apr")
    shutil.rmtree(copy / "gguf")
    (copy / "gguf").mkdir()
    for fault in BROKEN:
        shutil.move(made / f"{fault}.gguf", copy / "gguf")
    return inspect(copy)


@pytest.mark.parametrize("fault", BROKEN)
def test_every_file_of_a_folder_is_judged_and_its_fault_named(broken, fault):
    """The gate that is there for the fault falls, and says what was done to which tensor or key."""
    gate, words = BROKEN[fault]
    lost = [one for one in broken.lost if one.file == f"{fault}.gguf"]
    reasons = [one.verdict.reason for one in lost if one.claim.gate == gate]
    assert reasons, [(one.claim.gate, one.verdict.reason) for one in lost]
    assert words in reasons[0]
    assert broken.exit == 1


def test_the_ground_truth_beside_broken_files_keeps_its_good_name(broken):
    """No claim about the SafeTensors files falls, and the lost claims come first."""
    assert not [one for one in broken.lost if one.claim.subject.format == "safetensors"]
    outcomes = [one.verdict.outcome for one in broken.judged]
    assert outcomes[: len(broken.lost)] == [Outcome.FALSIFIED] * len(broken.lost)


def test_the_fault_and_the_remedy_are_printed(tmp_path, tell):
    """A file alone is enough for an unsafe template: the gate, the reason, what to do, exit status 1."""
    folder = copy_of("tiny", tmp_path / "tiny")
    plant("template-unsafe", folder)
    found = tell("validate-contract", folder / "gguf" / "model-f16.gguf")
    assert found.status == 1
    assert found.out.lstrip().startswith("x   G0-INTEGRITY-TEMPLATE")
    assert "try  G0-INTEGRITY-TEMPLATE: " in found.out


@pytest.mark.parametrize(("fault", "words"), [("config-torn", "config.json is not JSON"), ("pickle", "can carry code")])
def test_broken_small_files_and_foreign_ones_are_named(tmp_path, tell, fault, words):
    """A torn config.json is a verdict, not an error, and a pickle beside the weights is refused."""
    folder = copy_of("tiny", tmp_path / "tiny")
    plant(fault, folder, Place.SAFETENSORS)
    found = tell("validate-contract", folder / "safetensors")
    assert found.status == 1
    assert words in found.out


def test_paths_that_hold_nothing_are_bad_input(tmp_path, tell):
    """Missing paths, folders without weights, and a ground truth that is none, end with 2 and a remedy."""
    file = MODELS / "tiny" / "gguf" / "model-f16.gguf"
    assert tell("validate-contract", tmp_path / "none.gguf").status == 2
    assert tell("validate-contract", tmp_path).status == 2
    assert tell("validate-contract", file, "--against", tmp_path / "none").status == 2
    refused = tell("validate-contract", file, "--against", file)
    assert refused.status == 2
    assert "only SafeTensors can be ground truth" in refused.err
    assert "apr-qa diff" in tell("validate-contract", TRUTH, "--against", TRUTH).err


def test_the_script_hands_its_words_on():
    """diagnose-conversion.sh judges a file as the command does."""
    script = ROOT / "scripts" / "diagnose-conversion.sh"
    done = subprocess.run([script, MODELS / "tiny" / "apr" / "model.apr"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "F-CONTRACT-I2-001" in done.stdout
    assert subprocess.run([script], capture_output=True, check=False).returncode == 2
