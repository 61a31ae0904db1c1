"""Chat completions in OpenAI's shape: the request, and the reading of what a server says."""

from __future__ import annotations

import json
from typing import Any

from apr_qa.engines._endings import failed, refused
from apr_qa.engines._questions import objects
from apr_qa.engines._values import decode, finish, first_object, mapping, real, token_ids, whole, words
from apr_qa.vocab.command import HttpRequest, HttpResponse
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Scenario

JSON = {"Content-Type": "application/json"}
_KINDS = {"context": Failing.CONTEXT, "load": Failing.LOAD, "request": Failing.USAGE}
_UNKNOWN_HERE = (404, 405, 501)


def chat_request(scenario: Scenario, *, model: str, path: str) -> HttpRequest:
    """Return the request that asks `scenario` with every setting named, since servers differ in their defaults."""
    body = {
        "model": model,
        "messages": objects(scenario.messages),
        "max_tokens": scenario.max_tokens,
        "temperature": scenario.temperature,
        "seed": scenario.seed,
        "stream": False,
    }
    return HttpRequest(method="POST", path=path, body=json.dumps(body).encode(), headers=JSON)


def read_chat(_scenario: Scenario, response: HttpResponse) -> Reply:
    """Return the reply in a chat completion, or the failure that the server reports."""
    said = first_object(response.body)
    if response.status != 200:
        return _failure(response.status, said, response.body)
    choices = said.get("choices") if said else None
    choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    text = words(mapping(choice.get("message")).get("content"))
    if said is None or text is None:
        return failed(Failing.PROTOCOL, f"HTTP 200 without an answer: {decode(response.body[:200])}")
    usage = mapping(said.get("usage"))
    ran = mapping(said.get("backend")).get("ran")
    return Reply(
        ending=Ending.ANSWERED,
        text=text,
        tokens=token_ids(said.get("tokens")),
        prompt_tokens=whole(usage.get("prompt_tokens")),
        completion_tokens=whole(usage.get("completion_tokens")),
        finish_reason=finish(choice.get("finish_reason")),
        tokens_per_s=real(mapping(said.get("timings")).get("tokens_per_s")),
        backend_ran=words(ran),
    )


def _failure(status: int, said: dict[str, Any] | None, body: bytes) -> Reply:
    error = said.get("error") if said else None
    kind = mapping(error).get("kind")
    message = words(error) or words(mapping(error).get("message")) or decode(body[:200])
    message = f"HTTP {status}: {message}"
    if status in _UNKNOWN_HERE or kind == "unsupported":
        return refused(message)
    if "context" in message.lower() and status in (400, 413):
        return failed(Failing.CONTEXT, message)
    if status < 500:
        return failed(_KINDS.get(str(kind), Failing.USAGE), message)
    return failed(_KINDS.get(str(kind), Failing.UNKNOWN), message)
