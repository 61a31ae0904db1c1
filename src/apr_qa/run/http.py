"""The door to a server's HTTP face: loopback only, no proxies, no redirects, within time and size."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import requests  # noqa: TID251  (this is the door)

from apr_qa.vocab.command import HttpRequest, HttpResponse

BODY_LIMIT_BYTES = 8 << 20
_CHUNK_BYTES = 64 << 10
_CONNECT_S = 5.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Trouble(StrEnum):
    """Why there is no response."""

    TIMEOUT = "timeout"
    LOST = "connection lost"
    """Refused, reset, or closed in the middle of the answer."""
    TOO_LARGE = "answer too large"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoResponse:
    """What came instead of a response."""

    trouble: Trouble
    message: str
    elapsed_s: float


class Door:
    """Asks one server. May be used by several threads at once; connections are kept."""

    def __init__(self, base: str, *, remote: bool = False) -> None:
        """`base` is `http://host:port`, without a slash at its end. Raises ValueError for a host that is not ours."""
        parts = urlsplit(base)
        host = parts.hostname
        if not remote and host not in _LOOPBACK:
            raise ValueError(f"{base}: a server of ours is on this machine's loopback")
        self.base = base.rstrip("/")
        self.port = parts.port or 0
        self._idle: SimpleQueue[requests.Session] = SimpleQueue()

    def ask(
        self, request: HttpRequest, *, timeout_s: float, limit_bytes: int = BODY_LIMIT_BYTES
    ) -> HttpResponse | NoResponse:
        """Return the server's response, of any status, or why there is none. Never raises for what a server does."""
        session, is_used = self._take()
        answer = self._ask(session, request, timeout_s, limit_bytes)
        if is_used and isinstance(answer, NoResponse) and answer.trouble is Trouble.LOST:
            # A server may close an idle connection at any time, which is no fault of its answer.
            answer = self._ask(_new_session(), request, timeout_s - answer.elapsed_s, limit_bytes)
        return answer

    def _ask(
        self, session: requests.Session, request: HttpRequest, timeout_s: float, limit_bytes: int
    ) -> HttpResponse | NoResponse:
        began = time.monotonic()
        try:
            with session.request(
                request.method,
                self.base + request.path,
                data=request.body or None,
                headers=dict(request.headers),
                timeout=(min(_CONNECT_S, timeout_s), timeout_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _body(response, began + timeout_s, limit_bytes)
        except Exception as error:  # noqa: BLE001  (a hostile server may make the library raise anything)
            session.close()
            return NoResponse(trouble=_trouble(error), message=str(error)[:400], elapsed_s=time.monotonic() - began)
        self._idle.put(session)
        return HttpResponse(status=response.status_code, body=body, elapsed_s=time.monotonic() - began)

    def close(self) -> None:
        """Drop all idle connections."""
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _take(self) -> tuple[requests.Session, bool]:
        """An idle session with its open connection, or a new one, and whether it was used before."""
        try:
            return self._idle.get_nowait(), True
        except Empty:
            return _new_session(), False


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


class _Large(ValueError):
    """The body is larger than it may be."""


def _body(response: requests.Response, deadline: float, limit_bytes: int) -> bytes:
    """Read as it comes, so that a server that sends a byte a second is late rather than endless."""
    body = bytearray()
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > limit_bytes:
            raise _Large(f"more than {limit_bytes} bytes")
        if time.monotonic() > deadline:
            raise requests.Timeout("the answer came too slowly")
    return bytes(body)


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, _Large):
        return Trouble.TOO_LARGE
    # Reading raw, a late byte is urllib3's ReadTimeoutError or the socket's own.
    is_late = isinstance(error, requests.Timeout | TimeoutError) or "timed out" in str(error).lower()
    return Trouble.TIMEOUT if is_late else Trouble.LOST
