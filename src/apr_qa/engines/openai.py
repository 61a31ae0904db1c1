"""`openai`: any server with an OpenAI-compatible API that somebody else runs, named as `openai=URL`.

The URL is the base that OpenAI clients take, `http://host:8000/v1`; paths are joined to it. Asked is the model that the
last feature `model:NAME` of the facts names: the first that the server lists, unless another feature was added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from apr_qa.engines._endings import cut_short, unstarted
from apr_qa.engines._openai_chat import chat_request, read_chat
from apr_qa.engines._questions import insist, plain_refusal
from apr_qa.engines._values import decode, first_object, mapping, words
from apr_qa.errors import EngineMissingError, InputError
from apr_qa.text import one_line, without_password
from apr_qa.vocab.axes import Backend, Cell, Modality
from apr_qa.vocab.command import Completed, HttpRequest, HttpResponse
from apr_qa.vocab.engines import Engine, Server, Setting
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Reply
from apr_qa.vocab.scenario import Scenario

GET_IT = "Start an OpenAI-compatible server and name its base URL: --engine openai=http://host:port/v1"
_MODEL = "model:"
_NOT_THE_MODELS = {401: "it wants a key", 403: "it forbids us", 429: "it limits our rate", 503: "it is busy"}


def _identify(completed: Completed) -> EngineFacts:
    listed = (first_object(completed.stdout) or {}).get("data")
    names = [words(mapping(item).get("id")) for item in listed] if isinstance(listed, list) else []
    if completed.exit_status != 0 or not names or not names[0]:
        problem = one_line(decode(completed.stdout)) or completed.note or "no answer"
        raise EngineMissingError(f"the server lists no model at /models: {problem}", remedy=GET_IT)
    return EngineFacts(name="openai", version="unknown", features=(f"{_MODEL}{names[0]}",))


def _supports(_facts: EngineFacts, cell: Cell) -> str:
    if cell.modality is not Modality.SERVE:
        return "an OpenAI-compatible server is only asked over HTTP"
    return "" if cell.backend is Backend.CPU else "a server of somebody else does not prove that a GPU ran"


def _request(setting: Setting, scenario: Scenario) -> HttpRequest:
    insist(plain_refusal(scenario), scenario)
    names = [f.removeprefix(_MODEL) for f in setting.facts.features if f.startswith(_MODEL)]
    return chat_request(scenario, model=names[-1] if names else "default", path="/chat/completions")


def _read(scenario: Scenario, response: HttpResponse) -> Reply:
    """What a stranger's server proves is its answer alone: token ids and backend of other programs are not taken."""
    problem = _NOT_THE_MODELS.get(response.status)
    if problem:
        return unstarted(f"HTTP {response.status}: {problem}")
    return replace(read_chat(scenario, response), tokens=None, backend_ran=None)


def _nothing_to_start(setting: Setting) -> NoReturn:
    raise InputError(
        "a remote server is not ours to start", where=without_password(" ".join(setting.program)), remedy=GET_IT
    )


OPENAI = Engine(
    name="openai",
    summary="Any server with an OpenAI-compatible API, asked over HTTP only.",
    get_it=GET_IT,
    identify=_identify,
    supports=_supports,
    refuses=plain_refusal,
    server=Server(
        command=_nothing_to_start,
        port=lambda _setting, _printed: None,
        health=HttpRequest(method="GET", path="/models"),
        healthy=lambda response: response.status == 200,
        request=_request,
        read=_read,
        failed=lambda completed: cut_short(completed) or unstarted("the server did not answer"),
    ),
    remote=True,
)
