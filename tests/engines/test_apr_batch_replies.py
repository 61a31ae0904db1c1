"""`--batch-jsonl`: exit status 0 says nothing, so lines are counted and errors looked for."""

from __future__ import annotations

import json

import pytest
from engine_builders import completed, printed, rows, scenario

from apr_qa.engines.apr import APR
from apr_qa.vocab.command import Completed, Stopped
from apr_qa.vocab.observation import Ending, Failing, Reply

BATCH = rows("batch")


def read(done: Completed, count: int) -> tuple[Reply, ...]:
    """Read the answers to `count` questions."""
    assert APR.batch
    return APR.batch.read([scenario(f"question {n}") for n in range(count)], done)


def answers(*texts: str) -> str:
    """Return lines as apr writes them, for questions in order."""
    lines = [
        {"task_id": str(n), "text": t, "tokens_generated": 1, "tok_per_sec": 2.5, "used_gpu": False}
        for n, t in enumerate(texts)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def endings(replies: tuple[Reply, ...]) -> list[Ending]:
    """Return how each question ended."""
    return [reply.ending for reply in replies]


@pytest.mark.parametrize("form", ["apr", "gguf"])
def test_recorded_lines_without_our_names_are_taken_by_place(form: str) -> None:
    """Lines that name another question are not taken; a line without a name counts by its place."""
    row = BATCH[form]
    lines = row["stdout"].splitlines()
    unnamed = [json.dumps({k: v for k, v in json.loads(line).items() if k != "task_id"}) for line in lines]
    replies = read(completed({**row, "stdout": "\n".join(unnamed)}), 6)
    assert [r.text for r in replies[:3]] == ["4", "The capital of", "Hello! How can I help you today?"]
    assert (replies[0].completion_tokens, replies[0].backend_ran, replies[0].tokens) == (1, "cpu", None)
    assert (replies[5].ending, replies[5].failing) == (Ending.FAILED, Failing.INFERENCE)
    assert "JSON parse error" in replies[5].message
    assert read(completed(row), 6)[0].ending is Ending.FAILED  # named `a`, asked as `0`


def test_all_lines_failed_with_exit_status_0() -> None:
    """The recorded defect: two failures, exit status 0."""
    assert endings(read(completed(BATCH["all-bad"]), 2)) == [Ending.FAILED] * 2


@pytest.mark.parametrize("name", ["folder", "missing-file"])
def test_no_lines_are_no_answers(name: str) -> None:
    """Nothing printed, whatever the exit status: every question failed."""
    assert endings(read(completed(BATCH[name]), 3)) == [Ending.FAILED] * 3


def test_safetensors_is_refused() -> None:
    """There is no batch for SafeTensors, and the program says so."""
    assert endings(read(completed(BATCH["safetensors"]), 2)) == [Ending.REFUSED] * 2


def test_missing_and_superfluous_lines() -> None:
    """Fewer lines than questions is a broken protocol for the rest; more are dropped."""
    replies = read(printed(answers("a", "b")), 4)
    assert endings(replies) == [Ending.ANSWERED, Ending.ANSWERED, Ending.FAILED, Ending.FAILED]
    assert replies[2].failing is Failing.PROTOCOL
    assert [r.text for r in read(printed(answers("a", "b", "c")), 2)] == ["a", "b"]


@pytest.mark.parametrize(
    ("done", "ending"),
    [
        (printed(answers("a"), 101, "thread 'main' panicked at x.rs:1:\nboom"), Ending.CRASHED),
        (printed(answers("a"), None, signal=11), Ending.CRASHED),
        (printed(answers("a"), None, stopped=Stopped.TIMEOUT), Ending.TIMEOUT),
    ],
)
def test_a_crash_belongs_to_the_question_it_met(done: Completed, ending: Ending) -> None:
    """What was answered before stays answered; what stood behind was never asked."""
    assert endings(read(done, 4)) == [Ending.ANSWERED, ending, Ending.UNSTARTED, Ending.UNSTARTED]


def test_answers_out_of_order_are_not_taken() -> None:
    """A line that names another question ends the reading: no answer is given to the wrong question."""
    first, second = answers("a", "b").splitlines()
    assert endings(read(printed(f"{second}\n{first}\n"), 2)) == [Ending.FAILED] * 2


def test_an_answer_without_tokens_is_a_broken_protocol() -> None:
    """Text alone does not prove that anything was computed."""
    assert read(printed('{"task_id":"0","text":"4","tokens_generated":0}\n'), 1)[0].failing is Failing.PROTOCOL
