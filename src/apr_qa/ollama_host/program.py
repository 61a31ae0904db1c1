"""The `ollama` program: found, asked its version, and its server, which lives as long as this process."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import socket  # noqa: TID251  (a free port for a server that cannot choose one; this package is a child program)
import subprocess  # noqa: TID251  (likewise: what is started here dies with our own process group)
import sys
import time
from pathlib import Path
from typing import Any

from apr_qa.hosting import HostError

NAME = "ollama"
MISSING = "ollama is not on the PATH"
_READY_S = 60.0
_PAUSE_S = 0.05
_VERSION = re.compile(rb"version (?:is )?(\d\S*)")


def find() -> str:
    """Return where `ollama` lies; end the program with a clear message when it is not on the PATH."""
    return shutil.which(NAME) or sys.exit(MISSING)


def version_of(program: str) -> str:
    """Return the version and the first digits of the program's SHA-256: builds by `go install` all say 0.0.0."""
    nobody = {**os.environ, "OLLAMA_HOST": "127.0.0.1:1"}
    done = subprocess.run([program, "--version"], capture_output=True, env=nobody, check=False, timeout=20)
    said = _VERSION.search(done.stdout + done.stderr)
    with Path(program).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return f"{said[1].decode() if said else 'unknown'}+{digest[:12]}"


class Server:
    """`ollama serve` on a free port of the loopback, with a store of its own in the working folder."""

    def __init__(self, program: str) -> None:
        """Start it and wait until it answers. Raises HostError of kind `internal`."""
        self._program = program
        self._port = _free_port()
        self._env = {
            **os.environ,
            "OLLAMA_HOST": f"127.0.0.1:{self._port}",
            "OLLAMA_MODELS": str(Path.cwd() / "ollama"),
            "OLLAMA_NOPRUNE": "1",
            "OLLAMA_KEEP_ALIVE": "-1",
        }
        self._child = subprocess.Popen([program, "serve"], stdout=subprocess.DEVNULL, env=self._env)
        atexit.register(self._child.kill)
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and self._child.poll() is None:
            with contextlib.suppress(OSError, HostError):
                self.ask("GET", "/api/version")
                return
            time.sleep(_PAUSE_S)
        raise HostError("internal", "`ollama serve` does not answer; its log on standard error says why")

    def create(self, name: str, modelfile: str, *, kind: str = "") -> None:
        """Import a model as `ollama create` does, quantised to `kind` (such as `q6_K`) if given.

        Raises HostError of kind `load`, with what it says.
        """
        file = Path.cwd() / "Modelfile"
        file.write_text(modelfile, encoding="utf-8")
        argv = [self._program, "create", name, *(["-q", kind] if kind else []), "-f", str(file)]
        done = subprocess.run(argv, capture_output=True, env=self._env, check=False)
        listed = [str(model.get("name")) for model in self.ask("GET", "/api/tags").get("models") or ()]
        if done.returncode != 0 or f"{name}:latest" not in listed:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise HostError("load", f"ollama create: {lines[-1] if lines else 'no word about why'}")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the server answers. Raises HostError of kind `request` or `internal`, and OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        said: dict[str, Any] = json.loads(raw)
        if response.status != http.client.OK:
            kind = "request" if response.status < 500 else "internal"
            raise HostError(kind, f"ollama: HTTP {response.status}: {said.get('error', raw[:200])}")
        return said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
