"""Engines whose program is ours and speaks the protocol of `apr_qa.hosting`: run, chat and serve in JSON."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from apr_qa.engines._endings import cut_short, failed, fill_up, last_line, refused, unstarted
from apr_qa.engines._openai_chat import chat_request, read_chat
from apr_qa.engines._questions import insist, objects, plain_refusal, turns
from apr_qa.engines._values import decode, finish, first_object, mapping, real, token_ids, whole, words
from apr_qa.engines._values import objects as json_lines
from apr_qa.errors import EngineMissingError
from apr_qa.text import one_line
from apr_qa.vocab.axes import Backend, Cell, Format
from apr_qa.vocab.command import Command, Completed, HttpRequest
from apr_qa.vocab.engines import Batch, Conversation, Engine, OneShot, Server, Setting
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Scenario

_ANSWER_BYTES = 256 * 1024
"""Room for one answer's JSON in the output of a batch."""
_STEPS = {"load": Failing.LOAD, "context": Failing.CONTEXT, "request": Failing.USAGE}


def embedded(name: str, module: str, formats: tuple[Format, ...], *, summary: str, get_it: str) -> Engine:
    """Return the engine whose program is the module `module`, for `formats`, on the CPU."""

    def identify(completed: Completed) -> EngineFacts:
        said = re.fullmatch(re.escape(name) + r" (\S+)\s*", decode(completed.stdout))
        if said is None or completed.exit_status != 0:
            problem = one_line(decode(completed.stdout)) or last_line(completed) or completed.note or "no answer"
            raise EngineMissingError(f"the engine {name} is not usable: {problem}", remedy=get_it)
        digest = hashlib.sha256(said.group(0).strip().encode()).hexdigest()
        return EngineFacts(name=name, version=said.group(1), digest=digest)

    def supports(_facts: EngineFacts, cell: Cell) -> str:
        if cell.format not in formats:
            return f"{name} reads {', '.join(formats)} only"
        return f"{name} computes on the cpu only" if cell.backend is not Backend.CPU else ""

    return Engine(
        name=name,
        summary=summary,
        module=module,
        get_it=get_it,
        identify=identify,
        supports=supports,
        refuses=plain_refusal,
        one_shot=OneShot(command=_run, read=_read_run),
        batch=Batch(command=_batch, read=_read_batch),
        conversation=Conversation(
            command=_chat, ready=_is_ready, turns=_lines, answered=_is_line, read=_read_turns, failed=_failure
        ),
        server=Server(
            command=_serve,
            port=_port,
            health=HttpRequest(method="GET", path="/health"),
            healthy=lambda response: response.status == 200,
            request=lambda _setting, scenario: _request(scenario),
            read=read_chat,
            failed=_failure,
        ),
    )


def _command(setting: Setting, *arguments: str, stdin: bytes = b"", timeout_s: float = 0.0) -> Command:
    argv = (*setting.program, *arguments, "--model", str(setting.artefact.path))
    own = str(setting.scratch)
    env = {"HOME": own, "TMPDIR": own, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1", "TOKENIZERS_PARALLELISM": "false"}
    return Command(argv=argv, stdin=stdin, env=env, timeout_s=timeout_s or setting.timeout_s)


def _body(scenario: Scenario) -> dict[str, Any]:
    return {"max_tokens": scenario.max_tokens, "temperature": scenario.temperature, "seed": scenario.seed}


def _run(setting: Setting, scenario: Scenario) -> Command:
    insist(plain_refusal(scenario), scenario)
    stdin = json.dumps({"messages": objects(scenario.messages), **_body(scenario)}).encode()
    return _command(setting, "run", "--request-json", "-", stdin=stdin, timeout_s=scenario.timeout_s)


def _read_run(_scenario: Scenario, completed: Completed) -> Reply:
    said = first_object(completed.stdout)
    if cut_short(completed) or completed.exit_status != 0 or said is None:
        return _failure(completed)
    return _reply(said)


def _batch(setting: Setting, scenarios: Sequence[Scenario]) -> Command:
    """One `chat` process that is told all questions at once and then the end of input."""
    lines = []
    for place, scenario in enumerate(scenarios):
        insist(plain_refusal(scenario), scenario)
        lines.append(json.dumps({"id": place, "messages": objects(scenario.messages), **_body(scenario)}))
    command = _command(setting, "chat", stdin="\n".join(lines).encode(), timeout_s=sum(s.timeout_s for s in scenarios))
    return replace(command, output_limit_bytes=max(command.output_limit_bytes, _ANSWER_BYTES * len(scenarios)))


def _read_batch(scenarios: Sequence[Scenario], completed: Completed) -> tuple[Reply, ...]:
    lines = [line for line in json_lines(completed.stdout) if line is None or "id" in line]
    replies = []
    for place, line in enumerate(lines[: len(scenarios)]):
        if line is None or line.get("id") != place:
            break
        replies.append(_reply(line))
    return fill_up(replies, len(scenarios), _failure(completed))


def _chat(setting: Setting) -> Command:
    return _command(setting, "chat")


def _is_ready(printed: bytes) -> bool:
    return b"\n" in printed and mapping(first_object(printed)).get("ready") is True


def _lines(scenario: Scenario) -> tuple[bytes, ...]:
    """The first line opens a conversation, the others continue it: the program remembers its own answers."""
    told = [{"messages": objects(block), **_body(scenario)} for block in turns(scenario)]
    return tuple(json.dumps({**turn, "continues": n > 0}).encode() + b"\n" for n, turn in enumerate(told))


def _is_line(printed: bytes) -> bool:
    return printed.endswith(b"\n")


def _read_turns(_scenario: Scenario, printed: tuple[bytes, ...]) -> Reply:
    earlier: list[str] = []
    reply = failed(Failing.PROTOCOL, "nothing was printed")
    for chunk in printed:
        said = first_object(chunk)
        reply = _reply(said) if said else failed(Failing.PROTOCOL, f"no JSON: {decode(chunk[:200])}")
        if reply.ending is not Ending.ANSWERED:
            break
        earlier.append(reply.text or "")
    return replace(reply, earlier=tuple(earlier[: len(printed) - 1]))


def _serve(setting: Setting) -> Command:
    return _command(setting, "serve", "--port", str(setting.port))


def _port(_setting: Setting, printed: bytes) -> int | None:
    return whole(mapping(first_object(printed)).get("listening")) if b"\n" in printed else None


def _request(scenario: Scenario) -> HttpRequest:
    insist(plain_refusal(scenario), scenario)
    return chat_request(scenario, model="default", path="/v1/chat/completions")


def _reply(said: Mapping[str, Any]) -> Reply:
    """Return the reply in one JSON object of the protocol: an answer or an error."""
    error = said.get("error")
    if error is not None:
        return _refusal(mapping(error))
    text, tokens = words(said.get("text")), token_ids(said.get("tokens"))
    if text is None or tokens is None:
        return failed(Failing.PROTOCOL, "an answer without text or tokens")
    return Reply(
        ending=Ending.ANSWERED,
        text=text,
        tokens=tokens,
        prompt_tokens=whole(said.get("prompt_tokens")),
        completion_tokens=whole(said.get("completion_tokens")),
        finish_reason=finish(said.get("finish_reason")),
        tokens_per_s=real(said.get("tokens_per_s")),
        load_s=real(said.get("load_s")),
        backend_ran=words(mapping(said.get("backend")).get("ran")),
    )


def _refusal(error: Mapping[str, Any]) -> Reply:
    kind, message = str(error.get("kind")), words(error.get("message")) or "no reason given"
    if kind == "unsupported":
        return refused(message)
    if kind == "internal":
        return unstarted(f"a fault of our own program: {message}")
    return failed(_STEPS.get(kind, Failing.UNKNOWN), message)


def _failure(completed: Completed) -> Reply:
    """Return the reply of a program that ended without the answer it owed."""
    early = cut_short(completed)
    if early is not None:
        return early
    errors = [line for line in json_lines(completed.stdout) if line and "error" in line and "id" not in line]
    if completed.exit_status in (1, 3, 4) and errors:
        return _reply(errors[-1])
    if completed.exit_status == 0:
        return failed(Failing.PROTOCOL, "ended with exit status 0 but without an answer")
    return unstarted(f"exit status {completed.exit_status} of our own program: {last_line(completed)}")
