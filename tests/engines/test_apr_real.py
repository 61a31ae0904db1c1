"""The real `apr`, where it is installed: every way of asking, on the shipped models. It is on trial here, not we.

What it gets wrong (design: 17 known defects) is not asserted; that we understand what it says, is.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from engine_builders import artefact, scenario, setting, user
from engine_runner import batch, chat, finish, run, serve

from apr_qa.engines.apr import APR
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Setting
from apr_qa.vocab.observation import Ending, Failing

PROGRAM = shutil.which("apr") or shutil.which(Path.home() / ".local" / "apr" / "bin" / "apr")
pytestmark = [
    pytest.mark.apr,
    pytest.mark.skipif(PROGRAM is None, reason="no apr on the PATH nor in ~/.local/apr/bin: cargo install apr-cli"),
]
SUM = "What is 2+2?"
FORMATS = pytest.mark.parametrize("form", list(Format), ids=str)


def at_work(form: Format, scratch: Path, **fields: object) -> Setting:
    """Return a setting with the real program and a shipped model."""
    given = setting((str(PROGRAM),), artefact=artefact(form), scratch=scratch, port=_port())
    return replace(given, **fields)


def _port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_version_and_features(tmp_path: Path) -> None:
    """Both probes are understood, and GPU cells are judged by them."""
    facts, features = (
        read(finish(Command(argv=(str(PROGRAM), *args), env={"HOME": str(tmp_path)}), tmp_path))
        for read, args in ((APR.identify, APR.version_args), (APR.features, APR.feature_args))
    )
    assert facts.version.count(".") == 2
    gpu = Cell(format=Format.GGUF, backend=Backend.GPU, modality=Modality.RUN)
    ready = any(name.endswith(":ready") for name in features)
    assert (APR.supports(replace(facts, features=features), gpu) == "") == ready


@FORMATS
def test_run(form: Format, tmp_path: Path) -> None:
    """One question a process answers with tokens, on the CPU; odd prompts reach it whole."""
    reply = run(APR, at_work(form, tmp_path), scenario(SUM, form=form))
    assert (reply.ending, reply.text, reply.backend_ran) == (Ending.ANSWERED, "4", "cpu")
    assert reply.tokens
    odd = run(APR, at_work(form, tmp_path), scenario("-5+3='\"\n$HOME", form=form))
    assert odd.ending is Ending.ANSWERED
    assert (odd.prompt_tokens or 0) > 10


@pytest.mark.parametrize("form", [Format.APR, Format.GGUF], ids=str)
def test_batch_equals_run(form: Format, tmp_path: Path) -> None:
    """One load, many answers, each the same as alone."""
    questions = [scenario(q, form=form) for q in (SUM, "What is 7*8?", "Hello")]
    alone = [run(APR, at_work(form, tmp_path), q).text for q in questions]
    assert [reply.text for reply in batch(APR, at_work(form, tmp_path), questions)] == alone


@FORMATS
def test_chat(form: Format, tmp_path: Path) -> None:
    """Turns are told apart, and the second conversation does not see the first."""
    asked = [scenario(user(q), form=form, modality=Modality.CHAT, max_tokens=16) for q in (SUM, "Hello", SUM)]
    first, _, last = chat(APR, at_work(form, tmp_path), asked)
    assert (first.ending, last.ending) == (Ending.ANSWERED, Ending.ANSWERED)
    assert first.text == last.text


@FORMATS
def test_serve(form: Format, tmp_path: Path) -> None:
    """The server says its port, gets healthy and answers."""
    asked = [scenario(SUM, form=form, modality=Modality.SERVE), scenario("x " * 4000, modality=Modality.SERVE)]
    right, long = serve(APR, at_work(form, tmp_path), asked)
    assert right.ending is Ending.ANSWERED
    assert (right.prompt_tokens or 0) > 10
    assert (long.ending, long.failing) == (Ending.FAILED, Failing.CONTEXT)


def test_gpu_is_refused_where_there_is_none(tmp_path: Path) -> None:
    """A forced GPU never falls back in silence."""
    features = APR.features(finish(Command(argv=(str(PROGRAM), *APR.feature_args)), tmp_path))
    if any(name.endswith(":ready") for name in features):
        pytest.skip("this apr has a GPU")
    reply = run(APR, at_work(Format.GGUF, tmp_path, backend=Backend.GPU), scenario(SUM, backend=Backend.GPU))
    assert reply.ending is Ending.REFUSED


def test_broken_files(tmp_path: Path) -> None:
    """Half a file is a load failure, asked in any way."""
    cut = tmp_path / "model.gguf"
    cut.write_bytes(artefact(Format.GGUF).path.read_bytes()[:1_000_000])
    given = at_work(
        Format.GGUF, tmp_path, artefact=Artefact(format=Format.GGUF, path=cut, folder=tmp_path, files=(cut,))
    )
    replies = [run(APR, given, scenario(SUM)), *batch(APR, given, [scenario(SUM), scenario("Hello")])]
    replies += chat(APR, given, [scenario(SUM, modality=Modality.CHAT)])
    assert [(r.ending, r.failing) for r in replies] == [(Ending.FAILED, Failing.LOAD)] * 4


def test_conversions_go_there_and_back(tmp_path: Path) -> None:
    """SafeTensors to APR, and with tokenizer and template beside it to GGUF, which still answers."""
    assert APR.conversion
    source = artefact(Format.SAFETENSORS)
    for name in ("tokenizer.json", "chat_template.jinja"):
        shutil.copy(source.folder / name, tmp_path)
    made = {}
    for form, before in ((Format.APR, source), (Format.GGUF, None)):
        path = tmp_path / f"made.{form}"
        given = at_work(Format.SAFETENSORS, tmp_path, artefact=before or made[Format.APR])
        done = finish(APR.conversion.command(given, path, form), tmp_path)
        assert done.exit_status == 0, done.stderr
        made[form] = Artefact(format=form, path=path, folder=tmp_path, files=(path,))
        assert run(APR, at_work(form, tmp_path, artefact=made[form]), scenario(SUM, form=form)).text == "4"
