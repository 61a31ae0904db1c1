"""Many questions a process: one that spoils the batch takes no other down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from script_engines import ask, asked, engine, script

from apr_qa.vocab.engines import Engine
from apr_qa.vocab.observation import Ending

BATCH = """
import os, sys, time
for prompt in [sys.argv[2]] if sys.argv[1] == "run" else sys.stdin.read().splitlines():
    BAD
    print("answer to " + prompt, flush=True)
"""
PROMPTS = [f"p{n}" for n in range(6)]


def test_one_process_answers_all(tmp_path: Path) -> None:
    """Scenarios of a cell share a process and get their own answers; a cold one gets a process of its own."""
    scenarios = [ask(p) for p in PROMPTS] + [ask("cold", cold=True)]
    seen = asked(tmp_path, scenarios, script(tmp_path, BATCH), made=engine(batch=True))
    assert [seen[p].reply.text for p in PROMPTS] == [f"answer to {p}" for p in PROMPTS]
    assert len({seen[p].session for p in PROMPTS}) == 1
    assert not any(seen[p].cold for p in PROMPTS)
    assert seen["cold"].cold
    assert seen["cold"].session not in {seen[p].session for p in PROMPTS}
    assert all(seen[p].reproduce.endswith(f"run {p}") for p in PROMPTS)


def test_what_is_fixed_at_start_is_not_shared(tmp_path: Path) -> None:
    """Scenarios that are not alike in what the engine fixes when it starts do not share a process."""
    made: Engine = engine(batch=True)
    assert made.batch
    made = replace(made, batch=replace(made.batch, alike=lambda scenario: (scenario.seed,)))
    scenarios = [ask(p, seed=n % 2) for n, p in enumerate(PROMPTS)]
    seen = asked(tmp_path, scenarios, script(tmp_path, BATCH), made=made)
    assert len({seen[p].session for p in PROMPTS}) == 2


def test_a_poisonous_prompt_harms_itself_alone(tmp_path: Path) -> None:
    """A prompt that crashes the batch is found, charged with both crashes; the others are answered, once."""
    program = script(tmp_path, BATCH, bad="if prompt == 'p2': os.abort()")
    seen = asked(tmp_path, [ask(p) for p in PROMPTS], program, made=engine(batch=True))
    assert {p: seen[p].reply.ending for p in PROMPTS} == {
        p: Ending.CRASHED if p == "p2" else Ending.ANSWERED for p in PROMPTS
    }
    assert (seen["p2"].attempts, seen["p2"].first_ending) == (2, Ending.CRASHED)
    assert all((seen[p].attempts, seen[p].first_ending) == (1, None) for p in PROMPTS if p != "p2")
    assert "asked alone: the batch ended by signal 6" in seen["p5"].note
    assert seen["p1"].note == ""


def test_a_prompt_that_hangs_times_out_alone(tmp_path: Path) -> None:
    """A prompt that hangs the batch is a timeout; the others are answered."""
    program = script(tmp_path, BATCH, bad="if prompt == 'p2': time.sleep(600)")
    seen = asked(tmp_path, [ask(p, timeout_s=3.0) for p in PROMPTS], program, made=engine(batch=True))
    assert {p for p in PROMPTS if seen[p].reply.ending is Ending.TIMEOUT} == {"p2"}
    assert sum(o.reply.ending is Ending.ANSWERED for o in seen.values()) == len(PROMPTS) - 1


def test_a_format_without_batch_is_asked_one_by_one(tmp_path: Path) -> None:
    """Where the engine has no batch for the format, each question has a process of its own."""
    made = engine(batch=True)
    assert made.batch
    made = replace(made, batch=replace(made.batch, suits=lambda _setting: False))
    seen = asked(tmp_path, [ask(p) for p in PROMPTS], script(tmp_path, BATCH), made=made)
    assert len({o.session for o in seen.values()}) == len(PROMPTS)
    assert all(o.cold for o in seen.values())
