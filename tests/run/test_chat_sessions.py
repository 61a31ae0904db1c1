"""Conversations with a program over its standard streams."""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
from script_engines import CHAT, ask, asked, engine, script

from apr_qa.vocab.axes import Modality
from apr_qa.vocab.observation import Ending, Failing
from apr_qa.vocab.scenario import Message, Role

PROMPTS = ["a", "b", "c", "d"]


def chats(**more: object) -> list:
    return [ask(p, Modality.CHAT, **more) for p in PROMPTS]


def test_one_process_holds_all_conversations(tmp_path: Path) -> None:
    """All conversations of a cell are held in one session; every turn is answered; a cold one starts anew."""
    turns = (Message(role=Role.USER, content="x"), Message(role=Role.USER, content="y"))
    scenarios = [*chats(), ask("y", Modality.CHAT, messages=turns), ask("cold", Modality.CHAT, cold=True)]
    seen = asked(tmp_path, scenarios, script(tmp_path, CHAT))
    assert [seen[p].reply.text for p in PROMPTS] == [f"answer to {p}" for p in PROMPTS]
    assert (seen["y"].reply.earlier, seen["y"].reply.text) == (("answer to x",), "answer to y")
    assert len({o.session for o in seen.values()}) == 2
    assert [o.cold for o in seen.values()] == [False] * 5 + [True]
    assert seen["y"].reproduce.startswith(r"printf %b 'x\ny\n' | ")


def test_a_reset_goes_between_conversations(tmp_path: Path) -> None:
    """A program that keeps history is told to forget it between two conversations."""
    program = script(tmp_path, CHAT, bad="log = globals().setdefault('log', []); log.append(prompt); prompt = str(log)")
    seen = asked(tmp_path, chats(), program, made=engine(reset=b"/clear\n"))
    assert seen["b"].reply.text == "answer to ['a', '/clear', 'b']"


@pytest.mark.parametrize(
    ("bad", "ending"),
    [
        ("if prompt == 'b': time.sleep(600)", Ending.TIMEOUT),
        ("if prompt == 'b': print('half an answer', end='', flush=True); time.sleep(600)", Ending.TIMEOUT),
        ("if prompt == 'b': os.abort()", Ending.CRASHED),
        ("if prompt == 'b': sys.exit(101)", Ending.CRASHED),
        ("if prompt == 'b': sys.exit(3)", Ending.FAILED),
        ("if prompt == 'b': print('x' * 20_000_000)", Ending.FAILED),
        ("if prompt == 'b': os.close(0); os.close(1); time.sleep(600)", Ending.TIMEOUT),
    ],
    ids=["hangs", "hangs in the answer", "crashes", "panics", "exits", "floods", "closes its streams and lives"],
)
def test_who_breaks_a_session_harms_itself_alone(bad: str, ending: Ending, tmp_path: Path) -> None:
    """The session is started again for the next scenario; only a crash is asked again, once."""
    seen = asked(tmp_path, chats(timeout_s=3.0 if ending is Ending.TIMEOUT else 20.0), script(tmp_path, CHAT, bad=bad))
    assert [o.reply.ending for o in seen.values()] == [Ending.ANSWERED, ending, Ending.ANSWERED, Ending.ANSWERED]
    assert seen["b"].attempts == (2 if ending is Ending.CRASHED else 1)
    assert seen["c"].session == seen["d"].session != seen["a"].session


def test_a_crash_of_a_session_that_does_not_repeat(tmp_path: Path, ear: SimpleNamespace) -> None:
    """A conversation whose session crashed is held again once, and says so."""
    bad = f"if prompt == 'b' and not os.path.exists({str(ear.log)!r}):\n"
    bad += textwrap.indent(f"{ear.tell}\nos.abort()", "    ")
    seen = asked(tmp_path, chats(), script(tmp_path, CHAT, bad=bad))
    assert all(o.reply.ending is Ending.ANSWERED for o in seen.values())
    assert {p: o.first_ending for p, o in seen.items() if o.attempts == 2} == {"b": Ending.CRASHED}


@pytest.mark.parametrize(("bad", "ending"), [("time.sleep(600)", Ending.TIMEOUT), ("sys.exit(5)", Ending.FAILED)])
def test_a_session_that_never_comes_up(bad: str, ending: Ending, tmp_path: Path, ear: SimpleNamespace) -> None:
    """After two sessions that did not come up no third is started; every question says how they ended."""
    text = f"import os, sys, time\n{ear.tell}\nBAD\n"
    seen = asked(tmp_path, chats(timeout_s=1.0 if ending is Ending.TIMEOUT else 20.0), script(tmp_path, text, bad=bad))
    assert ear.log.read_text(encoding="utf-8") == "xx"
    assert {(o.reply.ending, o.attempts) for o in seen.values()} == {(ending, 1)}
    assert ["not asked" in o.note for o in seen.values()] == [False, False, True, True]
    if ending is Ending.TIMEOUT:
        assert {o.reply.failing for o in seen.values()} == {Failing.LOAD}
