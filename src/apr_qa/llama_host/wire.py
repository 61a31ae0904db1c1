"""HTTP over a socket in a private folder: it needs no network, and nobody else can reach it."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
from pathlib import Path
from typing import Any


def exchange(socket: Path, method: str, target: str, body: dict[str, Any] | None) -> tuple[int, Any]:
    """Send one request to the server at `socket`; return status and JSON. Raises OSError or ValueError."""
    payload = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(payload)}\r\n"
    raw = asyncio.run(_converse(socket, f"{head}Content-Type: application/json\r\n\r\n".encode() + payload))
    response = http.client.HTTPResponse(_Received(raw))  # type: ignore[arg-type]
    response.begin()
    return response.status, json.loads(response.read())


async def _converse(socket: Path, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(request)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()


class _Received:
    """The little of a socket that the response parser asks for."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)
