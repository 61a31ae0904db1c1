from __future__ import annotations

import pytest

from apr_qa.errors import InputError
from apr_qa.plan.expand import make_plan

from . import plan_records as records

HEAD = records.MINIMAL.rpartition("test_matrix")[0]


def oracles_of(prompts, extra=""):
    text = f"{HEAD}test_matrix: {{scenario_count: 1, prompts: [{prompts}]}}\n{extra}"
    plan = make_plan(records.request(text))
    return {s.prompt: s.oracle for s in plan.scenarios if "matrix" in s.id}


def test_each_prompt_gets_the_strictest_oracle_that_knows_it():
    """Sums are calculated, code is parsed, lists are read, and the rest must at least be no garbage."""
    found = oracles_of("'What is 2+2?', 'def f(x):', 'List 3', 'Hm'")
    assert {prompt: spec.name for prompt, spec in found.items()} == {
        "What is 2+2?": "arithmetic",
        "def f(x):": "code_syntax",
        "List 3": "response",
        "Hm": "garbage",
    }
    assert found["List 3"].expected == {"prompt": "List 3"}


def test_settings_reach_the_oracle_and_never_demote_the_stricter_one():
    """A playbook that lists response first still has its sums calculated."""
    found = oracles_of("'List 2+2'", "oracles: [{type: response}, {type: arithmetic, config: {tolerance: 0.5}}]\n")
    assert (found["List 2+2"].name, found["List 2+2"].config) == ("arithmetic", {"tolerance": 0.5})


def test_an_oracle_configured_besides_the_usual_ones_comes_first():
    """A playbook that says exactly what it expects gets that judged."""
    found = oracles_of("'What is 2+2?'", "oracles: [{type: exact, config: {contains: four}}]\n")
    assert (found["What is 2+2?"].name, found["What is 2+2?"].config) == ("exact", {"contains": "four"})


def test_a_prompt_with_an_oracle_of_its_own_is_judged_by_it():
    """What the playbook says of a prompt comes before everything else."""
    found = oracles_of("{text: 'What is 2+2?', oracle: exact, config: {contains: four}}")
    assert found["What is 2+2?"].name == "exact"


def test_settings_for_garbage_ride_along_with_every_oracle():
    """Garbage is always judged, with the playbook's settings, whichever oracle comes after."""
    found = oracles_of("'What is 2+2?', 'Hm'", "oracles: [{type: garbage, config: {min_unique_chars: 3}}]\n")
    assert found["What is 2+2?"].config == {"garbage": {"min_unique_chars": 3}}
    assert found["Hm"].config == {"min_unique_chars": 3}


@pytest.mark.parametrize(
    ("prompts", "extra", "says"),
    [
        ("{text: Hm, oracle: arithmetic}", "", "the oracle arithmetic cannot judge answers to 'Hm'"),
        ("{text: Hm, oracle: arithmetics}", "", "arithmetics"),
        ("Hm", "oracles: [{type: telepathy}]\n", "telepathy"),
    ],
)
def test_an_oracle_that_cannot_judge_is_a_configuration_error(prompts, extra, says):
    """A prompt that its oracle does not understand must never pass for lack of an expectation."""
    with pytest.raises(InputError, match=says):
        oracles_of(prompts, extra)


def test_an_oracle_that_no_prompt_needs_is_listed():
    """Settings without effect are said."""
    text = f"{HEAD}test_matrix: {{prompts: [Hm]}}\noracles: [{{type: arithmetic, config: {{tolerance: 1}}}}]\n"
    (item,) = make_plan(records.request(text)).not_run
    assert (item.what, item.reason) == ("oracle arithmetic", 'no prompt is judged by it: {"tolerance":1}')
