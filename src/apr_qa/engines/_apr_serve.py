"""`apr serve run`: HTTP in OpenAI's shape, and the conversions `apr` makes."""

from __future__ import annotations

import re
from pathlib import Path

from apr_qa.engines._apr_failures import failure
from apr_qa.engines._apr_run import device, environment
from apr_qa.engines._openai_chat import chat_request, read_chat
from apr_qa.engines._questions import insist, plain_refusal
from apr_qa.engines._values import first_object
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Format
from apr_qa.vocab.command import Command, HttpRequest, HttpResponse
from apr_qa.vocab.engines import Conversion, Server, Setting
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


def _convert(setting: Setting, target: Path, form: Format) -> Command:
    """SafeTensors or GGUF become APR by `import`; APR becomes GGUF by `export`.

    GGUF keeps its chat template only when `tokenizer.json` and `chat_template.jinja` lie beside the APR file.
    Raises InputError for any other pair: `apr` makes GGUF from APR alone.
    """
    source = setting.artefact
    words: tuple[str, ...]
    if form is Format.APR and source.format is not Format.APR:
        words = ("import", str(source.path), "-o", str(target), "--json")
    elif form is Format.GGUF and source.format is Format.APR:
        words = ("export", str(source.path), "--format", "gguf", "-o", str(target), "--json")
    else:
        raise InputError(
            f"apr does not turn {source.format} into {form} in one step",
            where=str(source.path),
            remedy="Convert SafeTensors to APR first, then APR to GGUF.",
        )
    return Command(argv=(*setting.program, *words), env=environment(setting), timeout_s=setting.timeout_s)


CONVERSION = Conversion(command=_convert, formats=(Format.APR, Format.GGUF))
