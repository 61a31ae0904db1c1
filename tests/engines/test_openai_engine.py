"""An OpenAI-compatible server of somebody else: asked over HTTP only, and believed only in what it shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from engine_builders import artefact, printed, scenario, setting
from engine_runner import read_until, send, start

from apr_qa.engines.openai import OPENAI
from apr_qa.engines.reference import REFERENCE
from apr_qa.errors import EngineMissingError, InputError
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import HttpResponse
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Ending

FACTS = EngineFacts(name="openai", version="unknown", features=("model:first", "model:chosen"))


def reason(modality: Modality, backend: Backend = Backend.CPU) -> str:
    """Return why a cell cannot run."""
    return OPENAI.supports(FACTS, Cell(format=Format.GGUF, backend=backend, modality=modality))


def test_a_real_server_is_identified_and_asked(tmp_path: Path) -> None:
    """Our own reference server stands for a stranger's: the model it lists is asked, and its answer read."""
    assert OPENAI.server
    assert REFERENCE.server
    program = (sys.executable, "-I", "-m", REFERENCE.module)
    given = setting(program, artefact=artefact(Format.GGUF), scratch=tmp_path)
    child = start(REFERENCE.server.command(given), tmp_path)
    try:
        port = REFERENCE.server.port(given, read_until(child, lambda said: said.endswith(b"\n")) or b"")
        base = f"http://127.0.0.1:{port}/v1"
        listed = send(base, OPENAI.server.health)
        assert OPENAI.server.healthy(listed)
        facts = OPENAI.identify(printed(listed.body.decode()))
        assert facts.features == ("model:reference",)
        asked = scenario("What is 2+2?", modality=Modality.SERVE)
        reply = OPENAI.server.read(asked, send(base, OPENAI.server.request(setting((base,), facts=facts), asked)))
    finally:
        child.kill()
        child.communicate()
    assert (reply.ending, reply.text, reply.finish_reason) == (Ending.ANSWERED, "4", "stop")
    assert (reply.tokens, reply.backend_ran) == (None, None)


@pytest.mark.parametrize("said", ["", "<html>", '{"data": []}', '{"data": [{"id": ""}]}', '{"data": {"id": "x"}}'])
def test_a_server_without_models_is_none(said: str) -> None:
    """What lists no model at /models cannot be asked."""
    with pytest.raises(EngineMissingError, match="lists no model") as caught:
        OPENAI.identify(printed(said))
    assert "openai=http" in caught.value.remedy


def test_the_last_model_named_is_asked() -> None:
    """The user's choice goes before the first that the server lists."""
    assert OPENAI.server
    request = OPENAI.server.request(setting(("http://x/v1",), facts=FACTS), scenario("Hi", modality=Modality.SERVE))
    assert (request.path, json.loads(request.body)["model"]) == ("/chat/completions", "chosen")


def test_only_cells_that_http_can_prove_are_supported() -> None:
    """Neither run nor chat, and no GPU on trust."""
    assert reason(Modality.SERVE) == ""
    assert reason(Modality.RUN) == reason(Modality.CHAT) == "an OpenAI-compatible server is only asked over HTTP"
    assert "does not prove" in reason(Modality.SERVE, Backend.GPU)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_locked_and_busy_servers_are_not_the_models_fault(status: int) -> None:
    """No verdict comes of a missing key."""
    assert OPENAI.server
    answer = HttpResponse(status=status, body=b'{"error":{"message":"no"}}', elapsed_s=0)
    assert OPENAI.server.read(scenario("Hi"), answer).ending is Ending.UNSTARTED


def test_it_is_never_started() -> None:
    """A server of somebody else is not ours to start."""
    assert OPENAI.remote
    assert OPENAI.server
    with pytest.raises(InputError):
        OPENAI.server.command(setting(("http://x/v1",)))
