"""`apr serve run`: HTTP in OpenAI's shape."""

from __future__ import annotations

import re

from apr_qa.engines._apr_failures import failure
from apr_qa.engines._apr_run import device, environment
from apr_qa.engines._openai_chat import chat_request, read_chat
from apr_qa.engines._questions import insist, plain_refusal
from apr_qa.engines._values import first_object
from apr_qa.vocab.command import Command, HttpRequest, HttpResponse
from apr_qa.vocab.engines import Server, Setting
from apr_qa.vocab.scenario import Scenario

_LISTENING = re.compile(rb"listening on http://127\.0\.0\.1:(\d{1,5})\s")


def _command(setting: Setting) -> Command:
    argv = (
        *(*setting.program, "serve", "run", str(setting.artefact.path)),
        *("--port", str(setting.port), "--host", "127.0.0.1", device(setting)),
    )
    return Command(argv=argv, env=environment(setting), timeout_s=setting.timeout_s)


def _port(_setting: Setting, printed: bytes) -> int | None:
    """The line comes after binding, so that a stranger at the same port is never taken for our child."""
    said = _LISTENING.search(printed)
    return int(said.group(1)) if said else None


def _healthy(response: HttpResponse) -> bool:
    said = first_object(response.body) or {}
    return response.status == 200 and said.get("status") == "ok" and said.get("model_loaded") is not False


def _request(_setting: Setting, scenario: Scenario) -> HttpRequest:
    """`model` must be there and is not checked; unset, temperature would be 0.7."""
    insist(plain_refusal(scenario), scenario)
    return chat_request(scenario, model="default", path="/v1/chat/completions")


SERVER = Server(
    command=_command,
    port=_port,
    health=HttpRequest(method="GET", path="/health"),
    healthy=_healthy,
    request=_request,
    read=read_chat,
    failed=failure,
)
