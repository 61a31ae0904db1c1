"""The embedded engines as real child programs on the shipped models, asked in every way."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from engine_builders import MODELS, OPEN, artefact, scenario, setting, system, user
from engine_runner import batch, chat, finish, run, serve

from apr_qa.engines.llama_cpp import LLAMA_CPP
from apr_qa.engines.reference import REFERENCE
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format, Modality
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Engine, Setting
from apr_qa.vocab.observation import Ending, Failing

PAIRS = [(REFERENCE, Format.SAFETENSORS), (REFERENCE, Format.APR), (REFERENCE, Format.GGUF), (LLAMA_CPP, Format.GGUF)]
SUM = "What is 2+2?"


def at_work(engine: Engine, form: Format, scratch: Path) -> Setting:
    """Return a setting with a real model and a real program."""
    program = (sys.executable, "-I", "-m", engine.module)
    return setting(program, artefact=artefact(form), scratch=scratch)


@pytest.mark.parametrize(("engine", "form"), PAIRS, ids=lambda p: getattr(p, "name", p))
def test_every_way_of_asking_gives_the_same_answer(engine: Engine, form: Format, tmp_path: Path) -> None:
    """One process a question, one batch, one conversation and one server agree, and prove tokens and backend."""
    given = at_work(engine, form, tmp_path)
    one = run(engine, given, scenario(SUM, form=form))
    many = batch(engine, given, [scenario(q, form=form) for q in (SUM, "What is 7*8?", SUM)])
    talked = chat(engine, given, [scenario(SUM, form=form, modality=Modality.CHAT)])
    served = serve(engine, given, [scenario(q, form=form, modality=Modality.SERVE) for q in (SUM, SUM)])
    assert (one.ending, one.text, one.finish_reason) == (Ending.ANSWERED, "4", "stop")
    assert many[1].text == "56"
    for reply in (many[0], many[2], *talked, *served):
        assert (reply.text, reply.tokens, reply.prompt_tokens) == (one.text, one.tokens, one.prompt_tokens)
        assert reply.backend_ran == "cpu"
    assert one.load_s is not None


def test_a_conversation_keeps_its_turns_and_forgets_the_one_before(tmp_path: Path) -> None:
    """Earlier answers are the engine's own and are kept; the next conversation starts afresh."""
    asked = [
        scenario(system("You are a helpful assistant."), user(SUM), OPEN, user("Hello"), modality=Modality.CHAT),
        scenario(SUM, modality=Modality.CHAT),
    ]
    for engine in (REFERENCE, LLAMA_CPP):
        first, second = chat(engine, at_work(engine, Format.GGUF, tmp_path), asked)
        assert (first.ending, second.ending) == (Ending.ANSWERED, Ending.ANSWERED)
        assert first.earlier == ("4",)
        assert second.text == "4"
        assert first.prompt_tokens is not None
        assert second.prompt_tokens is not None
        assert first.prompt_tokens > 2 * second.prompt_tokens


def test_limits_and_contexts_are_said(tmp_path: Path) -> None:
    """A cut answer says `length`; a prompt over the context fails as such, and the batch goes on."""
    asked = [scenario("Hello", max_tokens=2), scenario("hello " * 3000), scenario(SUM)]
    for engine in (REFERENCE, LLAMA_CPP):
        cut, long, right = batch(engine, at_work(engine, Format.GGUF, tmp_path), asked)
        assert (cut.finish_reason, cut.completion_tokens) == ("length", 2)
        assert (long.ending, long.failing) == (Ending.FAILED, Failing.CONTEXT)
        assert right.text == "4"


@pytest.mark.parametrize(("engine", "form"), [(REFERENCE, Format.SAFETENSORS), (LLAMA_CPP, Format.GGUF)])
def test_a_broken_file_fails_to_load_in_every_way(engine: Engine, form: Format, tmp_path: Path) -> None:
    """One half of a file is a load failure, for each question of a batch too."""
    whole = artefact(form).path
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[:-200_000])
    broken = Artefact(format=form, path=cut, folder=tmp_path, files=(cut,))
    given = replace(at_work(engine, form, tmp_path), artefact=broken)
    replies = [run(engine, given, scenario(SUM)), *batch(engine, given, [scenario(SUM), scenario("Hello")])]
    replies += chat(engine, given, [scenario(SUM, modality=Modality.CHAT)])
    assert [(r.ending, r.failing) for r in replies] == [(Ending.FAILED, Failing.LOAD)] * 4
    assert all(r.message for r in replies)


def test_shards_are_one_model(tmp_path: Path) -> None:
    """The reference engine takes the index of a sharded model."""
    folder = MODELS / "tiny-llama" / "safetensors"
    index = folder / "model.safetensors.index.json"
    shards = Artefact(format=Format.SAFETENSORS, path=index, folder=folder, files=tuple(folder.glob("*.safetensors")))
    given = replace(at_work(REFERENCE, Format.SAFETENSORS, tmp_path), artefact=shards)
    assert run(REFERENCE, given, scenario(SUM)).ending is Ending.ANSWERED


@pytest.mark.parametrize("engine", [REFERENCE, LLAMA_CPP], ids=lambda e: e.name)
def test_they_say_who_they_are(engine: Engine, tmp_path: Path) -> None:
    """The version probe of the real program is understood."""
    command = Command(argv=(sys.executable, "-I", "-m", engine.module, *engine.version_args))
    facts = engine.identify(finish(command, tmp_path))
    assert facts.name == engine.name
    assert facts.version[0].isdigit()
