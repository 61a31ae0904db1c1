"""The fake GitHub on loopback: every request and response is held against GitHub's description; faults on demand."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import gh_rest_code  # noqa: F401  (registers its routes)
from gh_graph import answer, graph_faults
from gh_rest import ROUTES, Call, invalid, missing
from gh_spec import spec
from gh_state import State

LIMITED = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong with requests that match, so many times."""

    match: str
    """Regular expression on `METHOD path`, or on the text of a GraphQL query."""
    kind: str
    """`secondary`, `429`, `502`, `lost` (done, and the connection closed), `lost-502`, `dead` (not done, closed)."""
    times: int = 1
    skip: int = 0
    do: Callable[[State], None] | None = None
    """Happens before the request is handled."""


class FakeGitHub:
    """The server, its state, its faults, and all that was wrong with what it was asked or answered."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder)
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self.log: list[str] = []
        self.url = ""
        self.enterprise = False
        """Whether it answers as GitHub Enterprise Server: REST below `/api/v3`, GraphQL at `/api/graphql`."""

    def next_fault(self, call: str) -> Fault | None:
        """Return the fault that this call meets, if any."""
        with self.state.lock:
            for fault in self.faults:
                if not re.search(fault.match, call):
                    continue
                if fault.skip:
                    fault.skip -= 1
                elif fault.times:
                    fault.times -= 1
                    return fault
            return None

    def rest(self, method: str, path: str, query: dict[str, str], body: Any, login: str) -> tuple[int, Any]:
        """Handle a REST request."""
        for verb, template, pattern, handler in ROUTES:
            if verb != method or not (found := pattern.match(path)):
                continue
            shown = {k: v for k, v in query.items() if k != "jwt"}
            if faults := spec().request_faults(method, template, body, shown):
                self.violations.append(f"request {method} {path}: {faults}")
                return invalid("; ".join(faults))
            status, given = self._handled(handler, Call(self.state, found.groupdict(), query, body, login))
            schema = spec().response_schema(method, template, status)
            filled = spec().filled(schema, given, self.url) if isinstance(schema, dict) else given
            if faults := spec().response_faults(method, template, status, filled):
                self.violations.append(f"response {method} {path} {status}: {faults}")
            return status, filled
        self.violations.append(f"no route for {method} {path}")
        return 501, {"message": "no route"}

    def graphql(self, body: Any, login: str) -> tuple[int, Any]:
        """Handle a GraphQL request."""
        if faults := graph_faults(body["query"]):
            self.violations.append(f"GraphQL {faults}")
            return 200, {"errors": [{"message": fault} for fault in faults]}
        with self.state.lock:
            return 200, answer(self.state, body, login)

    def _handled(self, handler: Callable[[Call], tuple[int, Any]], call: Call) -> tuple[int, Any]:
        with self.state.lock:
            try:
                return handler(call)
            except KeyError:
                return missing()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self._rooted(self.path))
        data = json.loads(body) if body else None
        name = f"{self.command} {unquote(url.path)}"
        fake.log.append(name)
        fault = fake.next_fault(f"{name} {data['query']}" if url.path == "/graphql" else name)
        if fault and fault.do:
            fault.do(fake.state)
        if fault and fault.kind in ("secondary", "429", "502", "dead"):
            self._fail(fault.kind)
            return
        status, answer_ = self._handled(url.path, dict(parse_qsl(url.query)), data)
        if fault and fault.kind.startswith("lost"):
            self._fail("502" if fault.kind == "lost-502" else "dead")
            return
        self._send(status, answer_)

    def _rooted(self, path: str) -> str:
        fake = self.server.fake
        if not fake.enterprise:
            return path
        if path.startswith("/api/v3/") or path == "/api/graphql":
            return path.removeprefix("/api/v3" if path.startswith("/api/v3/") else "/api")
        fake.violations.append(f"not an address of GitHub Enterprise Server: {path}")
        return path

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _handled(self, path: str, query: dict[str, str], data: Any) -> tuple[int, Any]:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        if path.startswith("/app/"):
            query["jwt"] = token if kind == "Bearer" else ""
        elif token not in self.server.fake.state.tokens:
            return 401, {"message": "Bad credentials", "documentation_url": "d"}
        scope = self.server.fake.state.scopes.get(token)
        if scope and path.startswith("/repos/") and path.split("/")[3] not in scope:
            return missing()
        login = self.server.fake.state.tokens.get(token, "")
        if path == "/graphql":
            return self.server.fake.graphql(data, login)
        return self.server.fake.rest(self.command.lower(), unquote(path), query, data, login)

    def _fail(self, kind: str) -> None:
        match kind:
            case "secondary":
                self._send(403, {"message": LIMITED, "documentation_url": "d"}, {"retry-after": "0"})
            case "429":
                self._send(429, {"message": LIMITED, "documentation_url": "d"}, {"retry-after": "0"})
            case "502":
                self._send(502, {"message": "Server Error"})
            case _:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, answer_: Any, headers: dict[str, str] | None = None) -> None:
        data = b"" if answer_ is None else json.dumps(answer_).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(data)))
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, fake: FakeGitHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake

    def handle_error(self, *args: Any) -> None:
        """A client that hung up is part of the play; a bug of the fake is not."""
        import sys

        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.fake.violations.append(f"the fake broke: {error!r}")


@contextmanager
def fake_github(folder: Path, *, enterprise: ssl.SSLContext | None = None) -> Iterator[FakeGitHub]:
    """Serve a fake GitHub on loopback; `enterprise`: as an Enterprise Server with these certificates."""
    fake = FakeGitHub(folder)
    server = _Server(fake)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    if enterprise:
        fake.enterprise, fake.url = True, f"https://127.0.0.1:{server.server_port}/api/v3"
        server.socket = enterprise.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
