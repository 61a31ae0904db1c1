"""The HTTP face: an OpenAI-shaped server on one thread per connection, with a lock around the model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apr_qa.hosting.codec import error_object, parse_object, parse_request, top_object
from apr_qa.hosting.protocol import Answer, Host, HostError, Request

BODY_LIMIT_BYTES = 16 << 20
IDLE_LIMIT_S = 120
_IGNORED = frozenset({"model", "stream", "n", "user", "logprobs", "max_completion_tokens"})
"""Fields that OpenAI clients send and that change nothing here; `stream` and `n` only in their plain values."""


def serve(host: Host, address: tuple[str, int], ready: Callable[[int], None]) -> int:
    """Serve `host` at `address` until interrupted; call `ready` with the port once it listens. Returns 0."""
    with Server(host, address) as server:
        ready(server.server_port)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


class Server(ThreadingHTTPServer):
    """The listening socket, the model, and the lock between them."""

    daemon_threads = True

    def __init__(self, host: Host, address: tuple[str, int]) -> None:
        self.host = host
        self.lock = threading.Lock()
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_LIMIT_S
    disable_nagle_algorithm = True  # headers and body are two writes: together they would wait for an acknowledgement

    def do_GET(self) -> None:
        """Answer /health and /v1/models."""
        if self.path == "/health":
            self._say(200, {"status": "ok", "model_loaded": True})
        elif self.path == "/v1/models":
            self._say(200, {"object": "list", "data": [{"id": self.server.host.name, "object": "model"}]})
        else:
            self._say(404, error_object("request", "no such path"))

    def do_POST(self) -> None:
        """Answer /v1/chat/completions and /v1/completions."""
        shape = _SHAPES.get(self.path)
        body = self._body()
        if body is None:
            return
        if shape is None:
            self._say(404, error_object("request", "no such path"))
            return
        try:
            request = _openai_request(parse_object(body))
            with self.server.lock:
                answer = self.server.host.answer(request)
        except HostError as error:
            self._say(400, error_object(error.kind, str(error)))
        except Exception as error:  # noqa: BLE001  (one bad request must not end the server)
            self._say(500, error_object("internal", f"{type(error).__name__}: {error}"))
        else:
            self._say(200, _completion(self.server.host, answer, shape))

    def _body(self) -> bytes | None:
        """Return the request body, or answer with the refusal and return None."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self.close_connection = True
            self._say(411, error_object("request", "Content-Length is required"))
            return None
        if int(length) > BODY_LIMIT_BYTES:
            self.close_connection = True
            self._say(413, error_object("request", f"the body is over {BODY_LIMIT_BYTES} bytes"))
            return None
        return self.rfile.read(int(length))

    def _say(self, status: int, value: dict[str, object]) -> None:
        body = json.dumps(value, allow_nan=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the library's)
        """Say nothing: the caller reads answers, not access logs."""


def _openai_request(value: dict[str, object]) -> Request:
    if value.get("stream") not in (None, False):
        raise HostError("unsupported", "stream is not supported")
    if value.get("n", 1) != 1:
        raise HostError("unsupported", "n must be 1")
    if "max_completion_tokens" in value:
        value = {**value, "max_tokens": value["max_completion_tokens"]}
    return parse_request(value, extra=_IGNORED)


def _completion(host: Host, answer: Answer, shape: str) -> dict[str, object]:
    """Return `answer` in OpenAI's shape, with token ids and timings beside it."""
    said: dict[str, object] = {"text": answer.text}
    if shape == "chat.completion":
        said = {"message": {"role": "assistant", "content": answer.text}}
    choice = {"index": 0, **said, "finish_reason": answer.finish_reason}
    if answer.top_logprobs:
        choice["logprobs"] = [top_object(top) for top in answer.top_logprobs]
    count = len(answer.tokens)
    return {
        "id": f"cmpl-{time.monotonic_ns():x}",
        "object": shape,
        "created": int(time.time()),
        "model": host.name,
        "choices": [choice],
        "usage": {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": count,
            "total_tokens": answer.prompt_tokens + count,
        },
        "tokens": list(answer.tokens),
        "timings": {"tokens_per_s": answer.tokens_per_s, "generate_s": answer.generate_s},
        "backend": {"ran": answer.backend_ran},
    }


_SHAPES = {"/v1/chat/completions": "chat.completion", "/v1/completions": "text_completion"}
