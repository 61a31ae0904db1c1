"""The answer proper: banners, terminal codes and the echoed prompt are taken away, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.oracles._text import answer_in, is_echo, shown, without_banners


@pytest.mark.parametrize(
    ("printed", "answer"),
    [
        ("=== APR Run ===\n\nSource: model.gguf\n4\n", "4"), ("4\ntok/s: 146.0", "4"),
        ("Loading model...\nHello", "Hello"),
        ("\x1b[31mHello\x1b[0m", "Hello"), ("Assistant: Hello", "Hello"),
        ("Output:\nHello\nCompleted in 1.35s", "Hello"),
        ("What is 2+2? 4", "4"), ("Loading a truck takes time.", "Loading a truck takes time."),
        ("Model trains are fun.", "Model trains are fun."), ("a = 3\nb = 4", "a = 3\nb = 4"),
    ],
)  # fmt: skip
def test_only_what_is_not_the_answer_is_taken_away(printed: str, answer: str) -> None:
    """Lines that an engine prints about itself go; sentences that begin alike stay."""
    assert answer_in(printed, "What is 2+2?") == answer


@pytest.mark.parametrize(
    ("answer", "prompt", "echo"),
    [
        ("What is 2+2?", "What is 2+2?", True), ("what is  2+2", "What is 2+2?", True), ("2+2=", "2+2=", True),
        ("What is 2+2? What is 2+2?", "What is 2+2?", True), ("What is 2+2? 4", "What is 2+2?", False),
        ("Hello!", "Hello", False), ("Good morning!", "Good morning", False), ("こんにちは！", "こんにちは", False),
    ],
)  # fmt: skip
def test_an_echo_is_the_prompt_and_nothing_more(answer: str, prompt: str, *, echo: bool) -> None:
    """A greeting may be greeted back in the same words."""
    assert is_echo(answer, prompt) is echo


@given(st.text(), st.integers(1, 80))
def test_texts_are_cut_between_characters(text: str, limit: int) -> None:
    """D-48: a shortened text is whole characters of the text."""
    assert len(shown(text, limit)) <= limit + 3
    without_banners(text)
