"""What an engine reads is held against the model's own tokenizer, by the number of tokens."""

from __future__ import annotations

from pathlib import Path

import pytest
from gate_exhibits import ALL, RUN, brief

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.gates.qual_prompt import GATE
from apr_qa.truth.prompting import prompt_lengths
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.verdict import Outcome, Verdict

TINY = Path(__file__).resolve().parents[2] / "models" / "tiny"
FILES = locate(TINY, Wanted())


def judged(shift: dict[str, int], *, default: int | None = 0, files: ModelFiles | None = FILES) -> Verdict:
    """Judge RUN when prompts have `default` tokens too many, or those in `shift`; None: the engine does not say."""
    drawn = GATE.draw(GATE.spec, brief((RUN,)))
    (claim,) = drawn.claims
    scenarios = {s.id: s for s in (*brief((RUN,)).matrix, *drawn.scenarios)}
    seen = {}
    for name in claim.needs:
        prompt = scenarios[name].prompt
        (right,) = prompt_lengths(FILES.artefacts[RUN.format].path, [prompt])
        count = None if default is None else right + shift.get(prompt, default)
        reply = Reply(ending=Ending.ANSWERED, text="x", prompt_tokens=count)
        seen[name] = Observation(scenario=name, unit="", reply=reply)
    return GATE.judge(claim, Exhibits(scenarios=scenarios, observations=seen, files=files))


def test_the_right_number_of_tokens_holds() -> None:
    """Every prompt has the length that the tokenizer and the template give it."""
    assert judged({}).outcome is Outcome.CORROBORATED


@pytest.mark.parametrize("habit", [-1, 1])
def test_a_beginning_token_on_every_prompt_is_a_habit(habit: int) -> None:
    """One token more or less everywhere is noted, not held against the engine."""
    verdict = judged({}, default=habit)
    assert verdict.outcome is Outcome.CORROBORATED
    assert "on every prompt" in verdict.reason


@pytest.mark.parametrize(("shift", "default"), [({"你好": 5}, 0), ({}, 12), ({"你好": -1}, 0)])
def test_other_tokens_fall(shift: dict[str, int], default: int) -> None:
    """One prompt split otherwise, or all of them byte by byte: the worst is named with both numbers."""
    verdict = judged(shift, default=default)
    assert verdict.outcome is Outcome.FALSIFIED
    assert "by the model's tokenizer" in verdict.reason
    assert verdict.detail["culprit"] == "engine"


def test_an_engine_that_does_not_tell_is_skipped() -> None:
    """`apr chat` prints no counts: nothing is proved and nothing is lost."""
    assert judged({}, default=None).outcome is Outcome.SKIPPED


def test_without_the_files_nothing_is_judged() -> None:
    """Evidence judged again elsewhere says so."""
    assert judged({}, files=None).outcome is Outcome.UNJUDGED


def test_it_is_drawn_for_each_cell_and_needs_the_odd_prompt() -> None:
    """A cell each; the prompt that splits unlike plain English is among the questions."""
    drawn = GATE.draw(GATE.spec, brief(ALL))
    assert len(drawn.claims) == len(ALL)
    assert any(s.prompt == "你好" for s in drawn.scenarios)
