from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from apr_qa.catalog.prompts import prompt_sets
from apr_qa.oracles import expectation, verdict_on
from apr_qa.rooms import furnish
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.verdict import Outcome

ORACLES = furnish("apr_qa.oracles", Oracle)
PROMPTS = {prompt.text: prompt for found in prompt_sets().values() for prompt in found.prompts}
UNIVERSAL = {prompt.text for found in prompt_sets().values() if not found.kernel_op for prompt in found.prompts}


def _tiny_answers() -> dict[str, str]:
    path = Path(__file__).parents[2] / "tools" / "tiny" / "prompts.py"
    spec = importlib.util.spec_from_file_location("tiny_prompts", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    calculated = {f"What is {a}{sign}{b}?": str(f(a, b)) for a in range(10) for b in range(10) for sign, f in SIGNS}
    return {**calculated, **dict(module.FIXED)}


SIGNS = (("+", lambda a, b: a + b), ("*", lambda a, b: a * b))
ANSWERS = _tiny_answers()


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.text)
def test_the_named_oracle_can_judge_the_prompt(prompt):
    """No prompt of the catalogue is asked without something to hold its answer against."""
    assert expectation(prompt.oracle, prompt.text, ORACLES)


def test_the_tiny_models_are_trained_on_every_universal_prompt():
    """Each question that belongs to no special kernel has its one right answer in the training table."""
    assert set(ANSWERS) >= UNIVERSAL


@pytest.mark.parametrize("text", sorted(UNIVERSAL))
def test_the_right_answer_passes_and_a_wrong_one_falls(text):
    """The trained answer is corroborated; an answer to another question is not, where the answer is determined."""
    spec = expectation(PROMPTS[text].oracle, text, ORACLES)
    assert verdict_on(ANSWERS[text], spec, ORACLES).outcome is Outcome.CORROBORATED
    if spec.name in ("arithmetic", "exact"):
        assert verdict_on("The answer is 12345.", spec, ORACLES).outcome is Outcome.FALSIFIED
