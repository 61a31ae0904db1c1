"""Garbage: the named shapes are found, sound answers of every kind pass, and the held-out figures keep the bar."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from garbage_shapes import BANNERS, NAMED
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.errors import InputError
from apr_qa.oracles._letters import frozen
from apr_qa.oracles.garbage import expect, grade, judge
from apr_qa.vocab.verdict import Outcome, Verdict

ANSWERS = Path(__file__).parent / "data" / "answers.jsonl"
Holds = Callable[..., bool]


def _rows(half: str) -> list[dict[str, str]]:
    rows = map(json.loads, ANSWERS.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row["half"] == half]


@pytest.mark.parametrize(("prompt", "answer"), NAMED)
def test_shapes_seen_in_the_field_are_garbage(holds: Holds, prompt: str, answer: str) -> None:
    """D-1, D-2: runs of a letter, soup, empty text, echoes, NaN words, leaked tokens, broken encodings."""
    assert not holds("garbage", prompt, answer)


@pytest.mark.parametrize("banner", BANNERS)
def test_a_banner_is_no_answer(holds: Holds, banner: str) -> None:
    """D-2: what an engine prints about itself is not judged, and nothing else is there."""
    assert not holds("garbage", "What is 2+2?", banner)
    assert holds("garbage", "What is 2+2?", f"{banner}\n4\n")


@pytest.mark.parametrize(
    "answer",
    [
        "Useful information about inference in an infinite loop.",
        "\x1b[1;36mThe answer is 4.\x1b[0m",
        "Infinity is an idea.",
    ],
)
def test_words_with_inf_and_colours_are_not_garbage(holds: Holds, answer: str) -> None:
    """D-23: `information` is no infinity, and colours are taken away first."""
    assert holds("garbage", "What is inference?", answer)


def test_the_held_out_figures_keep_the_bar() -> None:
    """At least 200 good and bad answers in all; held out: AUC 0.99, at most 1 % false alarms, 95 % found."""
    threshold = frozen()["threshold"]
    scores: dict[str, list[float]] = {"good": [], "bad": []}
    for row in _rows("held-out"):
        scores[row["label"]].append(grade(row["answer"], row["prompt"])[0])
    good, bad = scores["good"], scores["bad"]
    everything = _rows("calibration") + _rows("held-out")
    assert min(sum(row["label"] == label for row in everything) for label in scores) >= 200
    assert sum((b > g) + 0.5 * (b == g) for b in bad for g in good) / (len(good) * len(bad)) >= 0.99
    assert sum(score >= threshold for score in good) / len(good) <= 0.01
    assert sum(score >= threshold for score in bad) / len(bad) >= 0.95


def test_the_published_figures_are_those_of_the_code() -> None:
    """The page says of the held-out half what this code measures."""
    page = (Path(__file__).parents[2] / "docs" / "oracles" / "garbage.md").read_text(encoding="utf-8")
    rows = _rows("held-out")
    good = [grade(row["answer"], row["prompt"])[0] for row in rows if row["label"] == "good"]
    alarms = sum(score >= frozen()["threshold"] for score in good) / len(good)
    assert f"| held-out | {len(good)} | {len(rows) - len(good)} |" in page
    assert f"| {alarms:.2%} |" in page


def test_the_verdict_says_which_signs_were_seen() -> None:
    """Score, threshold and each sign with its measure are in the detail."""
    verdict = judge("H" * 32, expect("Hello", {}) or {}, {})
    assert verdict.detail["signs"]["one character"] == 1.0
    assert verdict.detail["score"] >= verdict.detail["threshold"]
    assert "one character" in verdict.reason


def test_repetition_that_was_asked_for_is_sound(holds: Holds) -> None:
    """The same words are sound when the prompt asks to repeat and garbage when it asks for a sum."""
    answer = "echo echo echo echo echo echo echo echo"
    assert holds("garbage", "Repeat the word echo eight times", answer)
    assert not holds("garbage", "What is 2+2?", answer)


def test_control_tokens_of_the_prompt_may_be_repeated(holds: Holds) -> None:
    """Who asks about `<|im_start|>` may be answered with it."""
    answer = "The token <|im_start|> opens a turn."
    assert holds("garbage", "What does <|im_start|> mean?", answer)
    assert not holds("garbage", "What opens a turn?", answer)


def test_the_limits_of_the_playbook_are_used(ask: Callable[..., Verdict], holds: Holds) -> None:
    """`max_repetition_ratio` and `min_unique_chars` have effect, and spare short answers."""
    prompt, words = (
        "Tell me about it",
        "yes no maybe and so on it is what yes we saw there yes today yes or yes then yes now yes",
    )
    assert holds("garbage", prompt, words)
    assert "playbook allows" in ask("garbage", prompt, words, {"max_repetition_ratio": 0.2}).reason
    assert holds("garbage", "What is 2+2?", "4", {"min_unique_chars": 10})
    assert not holds(
        "garbage", prompt, "It is as it is, it is as it is, as it is it is so it is", {"min_unique_chars": 10}
    )
    with pytest.raises(InputError):
        expect(prompt, {"min_unique_chars": "ten"})


@given(st.text(max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    """D-48: any text, in any script, gets a verdict with JSON numbers."""
    verdict = judge(text, {"prompt": "What is 2+2?"}, {})
    assert verdict.outcome in (Outcome.CORROBORATED, Outcome.FALSIFIED)
    json.dumps(verdict.detail, allow_nan=False)
