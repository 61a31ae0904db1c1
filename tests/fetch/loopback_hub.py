"""A model hub on loopback: the few routes that the Hub's own library asks for, with real digests and ranges."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

LARGE_BYTES = 10_000
"""From here on a file is kept in LFS, as on the real Hub."""


@dataclass
class Hub:
    """What the hub holds and how it misbehaves."""

    repo: str
    commit: str
    files: dict[str, bytes]
    gated: bool = False
    cut_after: int | None = None
    """Close the connection after so many body bytes, once."""
    swapped: dict[str, bytes] = field(default_factory=dict)
    """Served instead of the true bytes, of equal length."""
    ranges: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    manners: str = ""
    """How files with a range are answered wrongly (`_misbehaved`)."""
    sent: dict[str, int] = field(default_factory=dict)
    """Body bytes of each file that the client took."""
    base: str = ""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve `hub` on a port of the system's choice."""

    class Handler(_Handler):
        held = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hub_of(folder: Path, repo: str = "org/tiny") -> Hub:
    """Return a hub that holds the files of `folder`."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    return Hub(repo=repo, commit=hashlib.sha1(repo.encode(), usedforsecurity=False).hexdigest(), files=files)


class _Handler(BaseHTTPRequestHandler):
    held: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._route(body=False)

    def do_GET(self) -> None:
        self._route(body=True)

    def _route(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.held.paths.append(path)
        if self.held.gated:
            return self._refuse(403, "GatedRepo")
        if path.startswith(f"/api/models/{self.held.repo}"):
            return self._api(path.removeprefix(f"/api/models/{self.held.repo}"), body=body)
        prefix = f"/{self.held.repo}/resolve/"
        if path.startswith(prefix):
            revision, name = path.removeprefix(prefix).split("/", 1)
            return self._file(revision, name, body=body)
        return self._refuse(404, "RepoNotFound")

    def _api(self, rest: str, *, body: bool) -> None:
        parts = [part for part in rest.split("/") if part]
        revision = parts[1] if len(parts) > 1 else "main"
        if revision not in ("main", self.held.commit):
            return self._refuse(404, "RevisionNotFound")
        if parts[:1] == ["tree"]:
            return self._json([self._entry(name, "path") | {"type": "file"} for name in self.held.files], body=body)
        siblings = [self._entry(name, "rfilename") for name in self.held.files]
        return self._json({"id": self.held.repo, "sha": self.held.commit, "siblings": siblings}, body=body)

    def _entry(self, name: str, key: str) -> dict[str, object]:
        data = self.held.files[name]
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        entry: dict[str, object] = {key: name, "size": len(data), "blobId": blob, "oid": blob}
        if len(data) >= LARGE_BYTES:
            digest = hashlib.sha256(data).hexdigest()
            entry["lfs"] = {"sha256": digest, "oid": digest, "size": len(data), "pointerSize": 134}
        return entry

    def _file(self, revision: str, name: str, *, body: bool) -> None:
        if revision not in ("main", self.held.commit):
            return self._refuse(404, "RevisionNotFound")
        if name not in self.held.files:
            return self._refuse(404, "EntryNotFound")
        data = self.held.swapped.get(name, self.held.files[name])
        etag = hashlib.sha256(self.held.files[name]).hexdigest()
        first, last = 0, len(data) - 1
        if wanted := self.headers.get("Range"):
            self.held.ranges.append(f"{name} {wanted}")
            begin, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last = int(begin), min(last, int(end or last))
        status = 206 if wanted else 200
        span = f"bytes {first}-{last}/{len(data)}"
        if wanted and self.held.manners:
            status, first, last, span = self._misbehaved(status, first, last, span, len(data))
        self.send_response(status)
        self.send_header("ETag", f'"{etag}"')
        self.send_header("X-Repo-Commit", self.held.commit)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last + 1 - first))
        if status == 206:
            self.send_header("Content-Range", span)
        self.end_headers()
        if body:
            self._send(name, data[first : last + 1])
        return None

    def _misbehaved(self, status: int, first: int, last: int, span: str, size: int) -> tuple[int, int, int, str]:
        manners = self.held.manners
        if manners == "ignores ranges":
            return 200, 0, size - 1, span
        if manners == "sends more":
            return status, first, size - 1, span
        if manners == "lies about the length":
            return status, first, last, f"bytes {first}-{last}/{size + 1}"
        if manners == "starts elsewhere":
            return status, first, last, f"bytes {first + 1}-{last}/{size}"
        if manners == "says it ends":
            return 416, first, last, span
        if manners == "always cuts off":
            self.held.cut_after = 0
        return status, first, last, span

    def _send(self, name: str, data: bytes) -> None:
        cut = self.held.cut_after
        if cut is not None and len(data) > cut:
            self.held.cut_after = None
            self.wfile.write(data[:cut])
            self.close_connection = True
            self.connection.close()
            return
        try:
            for start in range(0, len(data), 1 << 16):
                part = data[start : start + (1 << 16)]
                self.wfile.write(part)
                self.held.sent[name] = self.held.sent.get(name, 0) + len(part)
        except ConnectionError:  # the client has all it wants
            self.close_connection = True

    def _json(self, value: object, *, body: bool) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        self.send_header("Content-Length", "0")
        self.end_headers()
