"""The command line: --version, devices, run, run --batch-jsonl, chat, serve run; as `apr` 0.72.3 answers them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apr_qa.hosting import Answer, HostError, Message, Request
from apr_qa.hosting.server import serve
from apr_qa.impostor.faults import FAULTS, Fault
from apr_qa.reference.host import ReferenceHost

VERSION = "apr 0.72.3 (0000000)"
_LOAD, _INFERENCE = 6, 8
_BANNER = "=== Model Chat ===\n\nLoading model...\n"


class Impostor(ReferenceHost):
    """The reference engine, answering through a fault."""

    name = "apr"

    def __init__(self, fault: Fault, model: Path) -> None:
        super().__init__()
        self._fault, self._path, self._is_loaded = fault, model, False

    def answer(self, request: Request) -> Answer:
        """Answer one request as the fault wants it. Raises HostError."""
        return self._fault.answer(self._honest, request, self._path)

    def _honest(self, request: Request) -> Answer:
        if not self._is_loaded:
            self.load(self._path)
            self._is_loaded = True
        return super().answer(request)


def main(fault_name: str) -> None:
    """Run the program that misbehaves as `fault_name` says, and exit."""
    words = sys.argv[1:]
    if words[:1] == ["--version"]:
        print(VERSION)  # noqa: T201  (a program that talks over its standard output)
        sys.exit(0)
    if words[:1] == ["devices"]:
        print('{"entries": []}')  # noqa: T201
        sys.exit(0)
    options = _options(words)
    fault = FAULTS[fault_name]
    work = {"run": _run, "chat": _chat, "serve": _serve}[options.command]
    sys.exit(work(options, Impostor(fault, options.model), fault))


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="apr")
    commands = parser.add_subparsers(dest="command", required=True)
    run, chat, server = (commands.add_parser(name) for name in ("run", "chat", "serve"))
    server.add_argument("verb", choices=("run",))
    for command in (run, chat, server):
        command.add_argument("model", type=Path)
        for flag in ("--no-gpu", "--gpu", "--json", "--chat"):
            command.add_argument(flag, action="store_true")
        command.add_argument("-n", "--max-tokens", type=int, default=32)
        command.add_argument("--temperature", type=float, default=0.0)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--system", default="")
    run.add_argument("--prompt", default="")
    run.add_argument("--batch-jsonl", type=Path)
    server.add_argument("--port", type=int, default=0)
    server.add_argument("--host", default="127.0.0.1")
    return parser.parse_args(words)


def _request(options: argparse.Namespace, turns: Sequence[Message], max_tokens: int | None = None) -> Request:
    return Request(
        messages=tuple(turns),
        max_tokens=max_tokens or options.max_tokens,
        temperature=options.temperature,
        seed=options.seed,
    )


def _run(options: argparse.Namespace, host: Impostor, fault: Fault) -> int:
    if fault.banner:
        print(f"{VERSION}\nmodel loaded\n")  # noqa: T201
        return 0
    if options.batch_jsonl:
        return _batch(options, host)
    try:
        answer = host.answer(_request(options, (Message(role="user", content=options.prompt),)))
    except HostError as error:
        return _failed(error)
    print(json.dumps(_said(answer, options.max_tokens)))  # noqa: T201
    return 0


def _batch(options: argparse.Namespace, host: Impostor) -> int:
    for line in options.batch_jsonl.read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        turn = Message(role="user", content=asked["prompt"])
        row: dict[str, Any] = {"task_id": asked["task_id"]}
        try:
            answer = host.answer(_request(options, (turn,), asked["max_tokens"]))
        except HostError as error:
            row["error"] = _message(error)
        else:
            speed = answer.tokens_per_s
            row |= {"text": answer.text, "tokens_generated": len(answer.tokens), "tok_per_sec": speed}
            row |= {"used_gpu": False}
        print(json.dumps(row), flush=True)  # noqa: T201
    return 0


def _chat(options: argparse.Namespace, host: Impostor, fault: Fault) -> int:
    system = [Message(role="system", content=options.system)] if options.system else []
    turns = list(system)
    sys.stdout.write(f"{_BANNER}You: ")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "/clear":
            turns, said = list(system), "History cleared.\n"
        elif fault.banner:
            said = f"{_BANNER}\n"
        else:
            turns.append(Message(role="user", content=line.removesuffix("\n")))
            said = _turn(host, _request(options, turns), turns)
        sys.stdout.write(f"{said}\nYou: ")
        sys.stdout.flush()
    return 0


def _turn(host: Impostor, request: Request, turns: list[Message]) -> str:
    try:
        said = host.answer(request)
    except HostError as error:
        return f"Assistant: [Error: {_message(error)}]\n"
    turns.append(Message(role="assistant", content=said.text))
    speed = said.tokens_per_s or 0.0
    return f"[{len(said.tokens)} tokens in {said.generate_s:.1f}s = {speed:.1f} tok/s]\nAssistant: {said.text}\n"


def _serve(options: argparse.Namespace, host: Impostor, _fault: Fault) -> int:
    def listening(port: int) -> None:
        print(f"listening on http://127.0.0.1:{port} ", flush=True)  # noqa: T201

    return serve(host, (options.host, options.port), listening)


def _said(answer: Answer, max_tokens: int) -> dict[str, Any]:
    return {
        "status": "ok",
        "text": answer.text,
        "tokens": list(answer.tokens),
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": len(answer.tokens),
        "max_tokens": max_tokens,
        "finish_reason": answer.finish_reason,
        "tok_per_sec": answer.tokens_per_s,
        "used_gpu": False,
        "backend": {"ran": "cpu"},
    }


def _message(error: HostError) -> str:
    return f"Context limit exceeded: {error}" if error.kind == "context" else str(error)


def _failed(error: HostError) -> int:
    sys.stderr.write(f"error: {_message(error)}\n")
    return _LOAD if error.kind == "load" else _INFERENCE
