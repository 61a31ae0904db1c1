"""`apr chat`: turns cut out of a stream that has no quoting, from recorded sessions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from engine_builders import OPEN, completed, rows, scenario, user
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.engines.apr import APR
from apr_qa.vocab.axes import Modality
from apr_qa.vocab.observation import Ending, Failing, Reply

CHAT = rows("chat")
PROMPT = b"You: "


def chunks(name: str) -> list[bytes]:
    """Cut a recorded session after each prompt, as a reader that writes one line a prompt would see it."""
    said = CHAT[name]["stdout"].encode()
    ends = [0] + [i + len(PROMPT) for i in range(len(said)) if said.startswith(PROMPT, i)]
    return [said[a:b] for a, b in pairwise(ends)]


def read(*printed: bytes, max_tokens: int = 32) -> Reply:
    """Read a conversation of as many turns as chunks."""
    assert APR.conversation
    messages = [m for n in range(len(printed)) for m in (user(f"turn {n}"), OPEN)][:-1]
    return APR.conversation.read(scenario(*messages, modality=Modality.CHAT, max_tokens=max_tokens), printed)


@pytest.mark.parametrize("form", ["safetensors", "apr", "gguf"])
def test_recorded_conversations(form: str) -> None:
    """The banner makes ready, each turn answers, and neither banner nor statistics are in the answer."""
    assert APR.conversation
    banner, first, second, *_ = chunks(form)
    assert APR.conversation.ready(banner)
    assert not APR.conversation.ready(banner[:-5])
    assert APR.conversation.answered(first)
    assert not APR.conversation.answered(first[:-6])
    reply = read(first, second)
    assert (reply.ending, reply.text, reply.earlier) == (Ending.ANSWERED, "6", ("4",))


def test_statistics_are_taken_only_where_they_are_counted() -> None:
    """SafeTensors and APR count tokens; the GGUF line guesses from words and proves nothing."""
    counted, guessed = read(chunks("apr")[1], max_tokens=512), read(chunks("gguf")[1])
    assert (counted.completion_tokens, counted.tokens_per_s, counted.finish_reason) == (512, 1899.5, "length")
    assert (guessed.completion_tokens, guessed.tokens_per_s, guessed.finish_reason) == (None, None, None)


def test_a_reset_is_answered_like_a_turn() -> None:
    """After `/clear` the prompt comes again."""
    assert APR.conversation
    assert APR.conversation.reset == b"/clear\n"
    assert [APR.conversation.answered(c) for c in chunks("cleared")[2:4]] == [True, True]
    assert b"Conversation cleared." in chunks("cleared")[2]


def test_a_file_that_does_not_load_fails_its_first_turn() -> None:
    """The error stands where the answer should be, without a line of statistics."""
    reply = read(chunks("truncated")[1])
    assert (reply.ending, reply.failing) == (Ending.FAILED, Failing.LOAD)
    assert "exceeds file size" in reply.message


@pytest.mark.parametrize(
    ("name", "ending", "failing"),
    [
        ("gpu", Ending.REFUSED, None),
        ("no-tokenizer", Ending.FAILED, Failing.LOAD),
        ("end-of-input", Ending.FAILED, Failing.PROTOCOL),
        ("truncated", Ending.FAILED, Failing.INFERENCE),
    ],
)
def test_a_program_that_ended_too_early(name: str, ending: Ending, failing: Failing | None) -> None:
    """Its exit status and error line tell why."""
    assert APR.conversation
    reply = APR.conversation.failed(completed(CHAT[name]))
    assert (reply.ending, reply.failing) == (ending, failing)


@pytest.mark.parametrize("chunk", [b"", PROMPT, b"Goodbye!\n", b"Unknown command: /x\nYou: ", b"Assistant: 4\n\nYou: "])
def test_what_is_no_turn_is_no_answer(chunk: bytes) -> None:
    """Every turn that succeeded shows statistics first; without them there is no proof of an answer."""
    assert (read(chunk).ending, read(chunk).failing) == (Ending.FAILED, Failing.PROTOCOL)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_answers_come_back_whole(text: str) -> None:
    """Whatever the answer holds, the delimiter and fake errors included, it is read as it was printed."""
    turn = f"[0.1s, ~18 tok/s]\nAssistant: {text}\n\nYou: ".encode()
    assert read(turn).text == text


def test_delimiters_inside_answers() -> None:
    """Only the last prompt ends a turn, and an answer that speaks of errors is an answer."""
    for text in ("a\n\nYou: b", "\n\nYou: ", "[Error: no]", "[0.1s, ~18 tok/s]\nAssistant: x\n\nYou: y", ""):
        assert read(f"[8 tokens in 0.0s = 270.8 tok/s]\nAssistant: {text}\n\nYou: ".encode()).text == text


@given(st.binary())
def test_hostile_output_never_raises(chunk: bytes) -> None:
    """Any bytes at all are a reply."""
    assert APR.conversation
    APR.conversation.ready(chunk)
    APR.conversation.answered(chunk)
    assert read(chunk + b"You: ").ending in (Ending.ANSWERED, Ending.FAILED, Ending.REFUSED, Ending.UNSTARTED)
