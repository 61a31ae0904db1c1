"""The command line of an embedded engine: run, chat, serve, logits, --version."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from apr_qa.hosting.channel import Channel
from apr_qa.hosting.codec import answer_object, error_object, parse_object, parse_request, scores_object, whole
from apr_qa.hosting.protocol import Host, HostError, Message
from apr_qa.hosting.server import serve

OK, INTERNAL, USAGE, LOAD, REQUEST = 0, 1, 2, 3, 4
TOP_K_LIMIT = 1_000_000


def main(host: Host, argv: Sequence[str] | None = None) -> None:
    """Run the program of `host` and exit: 0 done, 1 our own fault, 2 usage, 3 the model did not load, 4 bad request."""
    options = _options(host, argv)
    channel = Channel()
    if options.version:
        channel.text(f"{host.name} {host.version}")
        sys.exit(OK)
    try:
        status = _work(host, options, channel)
    except BrokenPipeError:  # the caller has gone; nobody is left to tell
        os._exit(INTERNAL)
    except Exception as error:  # noqa: BLE001  (the last resort: say it in the protocol, trace it on stderr)
        traceback.print_exc()
        channel.say(error_object("internal", f"{type(error).__name__}: {error}"))
        status = INTERNAL
    sys.exit(status)


def _options(host: Host, argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=host.name, description=f"The {host.name} engine as a child program.")
    parser.add_argument("--version", action="store_true", help="print name and version")
    commands = parser.add_subparsers(dest="command")
    run = commands.add_parser("run", help="answer one request")
    run.add_argument("--request-json", required=True, metavar="-", help="the request: JSON text, or - for stdin")
    commands.add_parser("chat", help="answer one JSON line after another")
    server = commands.add_parser("serve", help="answer over HTTP")
    server.add_argument("--port", type=int, default=0, help="0: let the system choose")
    server.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    commands.add_parser("logits", help="score token sequences, one JSON line after another")
    for command in commands.choices.values():
        command.add_argument("--model", required=True, type=Path, help="a weight file or model folder")
    options = parser.parse_args(argv)
    if not options.version and options.command is None:
        parser.error("a command is required")
    return options


def _work(host: Host, options: argparse.Namespace, channel: Channel) -> int:
    started = time.perf_counter()
    try:
        host.load(options.model)
    except HostError as error:
        channel.say(error_object(error.kind, str(error)))
        return LOAD
    load_s = time.perf_counter() - started
    if options.command == "run":
        return _run(host, options.request_json, channel, load_s)
    if options.command == "serve":
        return serve(
            host, (options.host, options.port), lambda port: channel.say({"listening": port, "load_s": load_s})
        )
    channel.say({"ready": True, "load_s": load_s, "engine": host.name, "version": host.version})
    if options.command == "chat":
        return _session(channel, _conversation(host, load_s))
    return _session(channel, lambda value: _score(host, value))


def _run(host: Host, source: str, channel: Channel, load_s: float) -> int:
    text = channel.everything() if source == "-" else source
    try:
        channel.say(answer_object(host, host.answer(parse_request(parse_object(text))), load_s))
    except HostError as error:
        channel.say(error_object(error.kind, str(error)))
        return REQUEST
    return OK


def _conversation(host: Host, load_s: float) -> Callable[[dict[str, object]], dict[str, object]]:
    """Answer requests; one with `"continues": true` brings only the new turns of the conversation before it."""
    history: tuple[Message, ...] = ()

    def handle(value: dict[str, object]) -> dict[str, object]:
        nonlocal history
        request = parse_request(value, extra=frozenset({"continues"}))
        earlier, history = history, ()
        if value.get("continues") is True:
            request = replace(request, messages=(*earlier, *request.messages))
        answer = host.answer(request)
        history = (*request.messages, Message(role="assistant", content=answer.text))
        return answer_object(host, answer, load_s)

    return handle


def _session(channel: Channel, handle: Callable[[dict[str, object]], dict[str, object]]) -> int:
    """Answer line by line until end of input; a bad line is answered with an error and the session goes on."""
    for line in channel.lines():
        name: object = None
        try:
            value = parse_object(line)
            name = value.get("id")
            channel.say({"id": name, **handle(value)})
        except HostError as error:
            channel.say({"id": name, **error_object(error.kind, str(error))})
        except (ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as error:
            # Ours or a library's fault, in one answer: the next may do better.
            traceback.print_exc()
            channel.say({"id": name, **error_object("internal", f"{type(error).__name__}: {error}")})
    return OK


def _score(host: Host, value: dict[str, object]) -> dict[str, object]:
    tokens = value.get("tokens")
    if not isinstance(tokens, list) or not tokens or not all(type(token) is int and token >= 0 for token in tokens):
        raise HostError("request", "tokens must be a list of token ids that is not empty")
    out = value.get("out")
    if out is None:
        top_k = whole(value, "top_k", 10, (1, TOP_K_LIMIT))
        return {"positions": scores_object(host.scores(tokens, top_k))}
    if not isinstance(out, str) or not out.endswith(".npy"):
        raise HostError("request", "out must be the path of an .npy file")
    return {"out": out, "shape": list(host.save_logits(tokens, Path(out)))}
