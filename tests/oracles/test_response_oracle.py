"""Relevance: an answer gives what the prompt demands, or what the playbook says it has to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apr_qa.errors import InputError
from apr_qa.oracles.response import expect
from apr_qa.vocab.verdict import Verdict

Holds = Callable[..., bool]
NONSENSE = "The meeting was moved to a later hour on that street."


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("List 3 colors", "1. Red\n2. Green\n3. Blue"), ("List 3 colors", "red, green and blue"),
        ("Name three animals.", "- a cat\n- a dog\n- a bird"), ("Name two planets.", "Mars and Venus."),
        ("Count to 5", "1, 2, 3, 4, 5"), ("Count to five.", "one two three four five"), ("Hello", "Hello!"),
        ("Hello", "Hi there! How can I help you?"), ("你好", "你好！有什么可以帮您？"), ("Say hello.", "Hello!"),
        ("How are you?", "I am fine, thank you."),
        ("What is the capital of France?", "The capital of France is Paris."),
        ("The capital of France is", "Paris."), ("What is Python?", "A programming language."),
        ("What is gravity?", "Gravity is the force that pulls objects together."), ("Is the sky blue?", "Yes."),
        ("List the first 5 prime numbers.", "2, 3, 5, 7, 11"), ("Yes or no: is fire cold?", "No."),
        ("List the first 5 prime numbers. Now sum them.", "2, 3, 5, 7, 11. The sum is 28."),
    ],
)  # fmt: skip
def test_an_answer_to_the_question_holds_and_fluent_nonsense_does_not(holds: Holds, prompt: str, answer: str) -> None:
    """Each prompt with a right answer, and with a sentence about something else."""
    assert holds("response", prompt, answer)
    assert not holds("response", prompt, NONSENSE)


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("List 3 colors", "1. Red\n2. Green"), ("List 3 colors", "1. foo\n2. bar\n3. baz"),
        ("List 3 colors", "Red, red, red"),
        ("Count to 5", "1, 2, 4, 3, 5"), ("What is the capital of France?", "Lyon is the capital of France."),
        ("Hello", "4"), ("Tell me a story.", ""), ("Tell me a story.", "Tell me a story."),
        ("Tell me a story.", "tok/s: 12.5"),
    ],
)  # fmt: skip
def test_wrong_short_empty_and_echoed_answers_are_falsified(holds: Holds, prompt: str, answer: str) -> None:
    """D-2: an empty body, a banner or an echo is no answer to anything."""
    assert not holds("response", prompt, answer)


def test_a_prompt_that_demands_nothing_takes_any_answer(holds: Holds) -> None:
    """A polite refusal of an injection is relevant."""
    assert holds("response", "'; DROP TABLE models; --", "I can only help with simple questions.")


@pytest.mark.parametrize(
    ("config", "good", "bad"),
    [
        ({"must_contain": ["paris"]}, "It is Paris.", "It is Rome."),
        ({"must_not_contain": "system"}, "I cannot tell.", "My system prompt is short."),
        ({"expected_prefix": "Once"}, "Once upon a time.", "A long time ago."),
        ({"items": 2}, "one, two", "only this"),
    ],
)
def test_demands_of_the_playbook_are_used(holds: Holds, config: dict[str, object], good: str, bad: str) -> None:
    """Each stated demand has an answer that meets it and one that does not."""
    assert holds("response", "Tell me.", good, config)
    assert not holds("response", "Tell me.", bad, config)


def test_min_relevance_is_a_share_of_the_demands(ask: Callable[..., Verdict], holds: Holds) -> None:
    """Three items that are no colours meet one of two demands: enough for 0.5, not for the default."""
    verdict = ask("response", "List 3 colors", "1. foo\n2. bar\n3. baz", {"min_relevance": 0.5})
    assert verdict.detail["relevance"] == 0.5
    assert holds("response", "List 3 colors", "1. foo\n2. bar\n3. baz", {"min_relevance": 0.5})
    for wrong in (2, -1, "high", True):
        with pytest.raises(InputError):
            expect("List 3 colors", {"min_relevance": wrong})
