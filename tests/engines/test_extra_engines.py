"""The optional engines: a clear word when the wheel is missing, the reference's answers when it is there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from engine_builders import artefact, scenario, setting
from engine_runner import batch, chat, finish, run

from apr_qa.engines.mistralrs import MISTRALRS
from apr_qa.engines.mlx import MLX
from apr_qa.engines.reference import REFERENCE
from apr_qa.engines.torch import TORCH
from apr_qa.errors import EngineMissingError
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Engine, Setting
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Ending, Failing

LIBRARIES = {"mlx": "mlx_lm", "mistralrs": "mistralrs", "torch": "torch"}
EXTRAS = pytest.mark.parametrize("engine", [MLX, MISTRALRS, TORCH], ids=lambda e: e.name)


def is_installed(engine: Engine) -> bool:
    """Tell whether the library of an extra can be imported here."""
    return importlib.util.find_spec(LIBRARIES[engine.name]) is not None


def program(engine: Engine) -> tuple[str, ...]:
    """Return how the program starts."""
    return (sys.executable, "-I", "-m", engine.module)


@EXTRAS
def test_a_missing_wheel_is_said_with_its_remedy(engine: Engine, tmp_path: Path) -> None:
    """The version probe fails at once and names the extra."""
    if is_installed(engine):
        pytest.skip(f"{engine.name} is installed here")
    done = finish(Command(argv=(*program(engine), *engine.version_args)), tmp_path)
    with pytest.raises(EngineMissingError, match="is not installed") as caught:
        engine.identify(done)
    assert caught.value.remedy == f"pip install 'apr-qa[{engine.name}]'"


@EXTRAS
def test_they_read_safetensors_on_the_cpu(engine: Engine) -> None:
    """Other formats and backends are denied with a reason."""
    facts = EngineFacts(name=engine.name, version="1")

    def reason(form: Format, backend: Backend) -> str:
        return engine.supports(facts, Cell(format=form, backend=backend, modality=Modality.RUN))

    assert reason(Format.SAFETENSORS, Backend.CPU) == ""
    assert "safetensors only" in reason(Format.GGUF, Backend.CPU)
    assert "cpu only" in reason(Format.SAFETENSORS, Backend.GPU)


@EXTRAS
def test_an_installed_extra_agrees_with_the_reference(engine: Engine, tmp_path: Path) -> None:
    """Greedy tokens are equal, in one process a question, a batch and a conversation."""
    if not is_installed(engine):
        pytest.skip(f"{engine.name} is not installed: {engine.get_it}")

    def given(one: Engine) -> Setting:
        return setting(program(one), artefact=artefact(Format.SAFETENSORS), scratch=tmp_path)

    questions = [scenario(q, form=Format.SAFETENSORS, max_tokens=24) for q in ("What is 2+2?", "你好", "Hello")]
    ours, theirs = (batch(one, given(one), questions) for one in (REFERENCE, engine))
    assert [(r.text, r.tokens, r.prompt_tokens) for r in theirs] == [(r.text, r.tokens, r.prompt_tokens) for r in ours]
    assert run(engine, given(engine), questions[0]).text == ours[0].text
    assert chat(engine, given(engine), [scenario("What is 2+2?", modality=Modality.CHAT)])[0].tokens == ours[0].tokens
    facts = engine.identify(finish(Command(argv=(*program(engine), *engine.version_args)), tmp_path))
    assert facts.name == engine.name


@EXTRAS
def test_an_installed_extra_says_what_does_not_load(engine: Engine, tmp_path: Path) -> None:
    """A folder without config.json or with broken weights is a load failure."""
    if not is_installed(engine):
        pytest.skip(f"{engine.name} is not installed: {engine.get_it}")
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"\0" * 64)
    broken = artefact(Format.GGUF)
    broken = type(broken)(format=Format.SAFETENSORS, path=path, folder=tmp_path, files=(path,))
    reply = run(engine, setting(program(engine), artefact=broken, scratch=tmp_path), scenario("Hi"))
    assert (reply.ending, reply.failing) == (Ending.FAILED, Failing.LOAD)
