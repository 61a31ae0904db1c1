"""Arithmetic: how playbooks ask is understood exactly, and only the right number, free-standing, holds (D-1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.errors import InputError
from apr_qa.oracles.arithmetic import expect, judge
from apr_qa.vocab.verdict import Outcome

SUM = "What is 2+2?"


@pytest.mark.parametrize(
    ("prompt", "number"),
    [
        (SUM, "4"), ("Calculate 7*8", "56"), ("What is 15-7?", "8"), ("What is 100/4?", "25"), ("2+2=", "4"),
        ("3 + 4 =", "7"), ("7 * 8", "56"), ("What is 7 times 8?", "56"), ("What is 15 minus 7?", "8"),
        ("What is 8 divided by 2?", "4"), ("What is two plus two?", "4"), ("Add 3 and 4.", "7"),
        ("Multiply 3 by 4.", "12"),
        ("What is the sum of 3 and 4?", "7"), ("Subtract 3 from 10", "7"),
        ("What is 0.1 + 0.2? Give a precise answer.", "0.3"),
        ("What is 1000000 - 999999?", "1"), ("What is 3-5?", "-2"), ("What is 10% of 50?", "5"),
        ("What is 2^10?", "1024"),
        ("What is the square root of 16?", "4"), ("What is the sum of the numbers from 1 to 20?", "210"),
        ("Compute (2+3)*4", "20"), ("And 3+4?", "7"), ("What is 7 x 8?", "56"), ("What is 1/3?", "1/3"),
        ("The cat sat on the mat. The cat sat on the mat. What is 2+2?", "4"), ("Calculate 12,000 + 1.", "12001"),
        ("What is 123 * 456? Show all intermediate multiplication steps.", "56088"),
    ],
)  # fmt: skip
def test_the_ways_playbooks_ask_are_understood(prompt: str, number: str) -> None:
    """The expectation is the exact result."""
    found = expect(prompt, {})
    assert found is not None
    assert found["number"] == number


@pytest.mark.parametrize(
    "prompt",
    ["Hello", "", "What is 4?", "What is C++?", "2024-01-02", "555-123-4567", "{{7*7}}", "${7*7}", "List 3 colors",
     "-5",
     "def add(a, b):", "What is x+1?", "Given x=5 and y=3, what is x*y? Then what is the result plus 10?", "A4-B5"],
)  # fmt: skip
def test_a_prompt_that_asks_for_no_sum_is_none_of_its_kind(prompt: str) -> None:
    """Digits and signs alone do not make a sum."""
    assert expect(prompt, {}) is None


@pytest.mark.parametrize("prompt", ["What is 2+?", "5/0", "Solve 3 * (4 + 5", "What is 2**999999?", "2+2=? 3+3=?"])
def test_a_sum_that_cannot_be_computed_is_a_configuration_error(prompt: str) -> None:
    """D-1: what cannot be parsed is never a pass."""
    with pytest.raises(InputError) as caught:
        expect(prompt, {})
    assert caught.value.remedy


@pytest.mark.parametrize(
    "answer",
    ["4", "4.", "= 4", "**4**", "four", "Four", "2+2=4", "2 + 2 = 4", "What is 2+2? 4", "$4$", "\\boxed{4}", "(4)",
     "It's 4!",
     "The sum of 2 and 2 is 4.", "2+2 is 4, because 2 and 2 make 4.", "I think it is 5. No wait, the answer is 4.",
     "1. Add 2 and 2.\n2. The result is 4.", "4\n\n2+3=5", "\x1b[1;32m4\x1b[0m", "=== APR Run ===\n4\ntok/s: 12.1"],
)  # fmt: skip
def test_the_right_number_free_standing_holds(answer: str) -> None:
    """Emphasis, echo, words, steps, colours and banners do not matter."""
    assert judge(answer, expect(SUM, {}) or {}, {}).outcome is Outcome.CORROBORATED


@pytest.mark.parametrize(
    "answer",
    ["", " ", "42", "14", "4.5", "22", "-4", "v4", "4th", "2+2", SUM, "2 + 2 = 5, not 4", "I think 4 is wrong; 5",
     "4, 5, 6", "five", "ILLISECONDS쫌 cafeteria", "H" * 32, "4[637]6[637]", "tok/s: 4", "tokens: 4\nlatency: 4 ms",
     "=== Benchmark Results ===\ntok/s: 444.0\n", "Gis is the plural form of the word gis."],
)  # fmt: skip
def test_any_other_answer_is_falsified(answer: str) -> None:
    """D-1 and D-2: garbage, empty text, banners with a 4 in their figures, echoes and other numbers never pass."""
    assert judge(answer, expect(SUM, {}) or {}, {}).outcome is Outcome.FALSIFIED


def test_the_tolerance_of_the_playbook_is_used() -> None:
    """`tolerance: 0.01` allows 0.30000000000000004, none does not; a text is a configuration error."""
    found = expect("What is 0.1 + 0.2?", {}) or {}
    assert judge("0.30000000000000004", found, {"tolerance": 0.01}).outcome is Outcome.CORROBORATED
    assert judge("0.30000000000000004", found, {}).outcome is Outcome.FALSIFIED
    assert judge("0.33", found, {"tolerance": 0.01}).outcome is Outcome.FALSIFIED
    assert judge("0.333", expect("What is 1/3?", {}) or {}, {}).outcome is Outcome.CORROBORATED
    with pytest.raises(InputError):
        expect(SUM, {"tolerance": "much"})


@given(st.integers(-999, 999), st.integers(-999, 999), st.sampled_from("+-*"))
def test_expectations_agree_with_integer_arithmetic(a: int, b: int, sign: str) -> None:
    """For all operands: the expectation is what Python computes, the right answer holds and its neighbour does not."""
    right = {"+": a + b, "-": a - b, "*": a * b}[sign]
    found = expect(f"What is {a} {sign} {b}?", {})
    assert found is not None
    assert found["number"] == str(right)
    assert judge(f"The answer is {right}.", found, {}).outcome is Outcome.CORROBORATED
    assert judge(str(right + 1), found, {}).outcome is Outcome.FALSIFIED


@given(st.text(max_size=200))
def test_no_answer_makes_it_raise(answer: str) -> None:
    """D-48: cutting is by characters, so no text breaks the judge."""
    judge(answer + "€쫌" * 40, {"number": "4", "prompt": SUM}, {})
