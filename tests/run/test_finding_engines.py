"""Finding and probing engines: one clear error, at once, with what to do about it."""

from __future__ import annotations

import hashlib
import http.server
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from script_engines import engine

from apr_qa.engines.reference import REFERENCE
from apr_qa.errors import EngineMissingError
from apr_qa.run.find import equip
from apr_qa.vocab.command import Completed
from apr_qa.vocab.engines import Engine
from apr_qa.vocab.evidence import EngineFacts


def identify(seen: Completed) -> EngineFacts:
    if not seen.stdout.startswith(b"toy 2"):
        raise EngineMissingError("too old", remedy="get toy 2")
    return EngineFacts(name="toy", version=seen.stdout.decode().split()[1])


def toy(**more: object) -> Engine:
    return replace(engine(), name="toy", program="toy", get_it="pip install toy", identify=identify, **more)


def installed(folder: Path, says: str = "toy 2.1", mode: int = 0o755) -> Path:
    path = folder / "toy"
    path.write_text(f"#!/bin/sh\n[ \"$1\" = features ] && echo gpu || echo '{says}'\n", encoding="utf-8")
    path.chmod(mode)
    return path


def test_an_engine_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine on the PATH is probed; facts hold version, features, path and the digest of its bytes."""
    path = installed(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = equip(toy(feature_args=("features",), features=lambda seen: (seen.stdout.decode().strip(),)))
    assert found.program == (str(path),)
    assert (found.facts.version, found.facts.features, found.facts.path) == ("2.1", ("gpu",), str(path))
    assert found.facts.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_embedded_engine() -> None:
    """An embedded engine starts with our own interpreter, isolated."""
    found = equip(REFERENCE)
    assert found.program == (sys.executable, "-I", "-m", "apr_qa.reference")
    assert found.facts.name == "reference"


def test_a_missing_engine_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not on the PATH, not at the path given, or not executable: each is one error with its remedy."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissingError, match="PATH") as missing:
        equip(toy())
    assert missing.value.remedy == "pip install toy"
    with pytest.raises(EngineMissingError, match="no such program"):
        equip(toy(), program=str(tmp_path / "nothing"))
    with pytest.raises(EngineMissingError, match="not executable"):
        equip(toy(), program=str(installed(tmp_path, mode=0o644)))


def test_an_engine_that_does_not_start_or_is_too_old(tmp_path: Path) -> None:
    """A program that the system cannot start, or of another version, is an error, not a verdict."""
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    broken.chmod(0o755)
    with pytest.raises(EngineMissingError, match="broken"):
        equip(toy(), program=str(broken))
    with pytest.raises(EngineMissingError, match="too old"):
        equip(toy(), program=str(installed(tmp_path, says="toy 1.9")))


class _Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"healthy")

    def log_message(self, *args: object) -> None:
        pass


def test_a_remote_engine() -> None:
    """A remote engine is a URL whose health check answers; anything else is one error."""
    remote = replace(engine(), name="openai", remote=True)
    with http.server.HTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert equip(remote, program=url + "/").program == (url,)
        server.shutdown()
        thread.join()
    with pytest.raises(EngineMissingError, match="connection lost"):
        equip(remote, program=url)
    with pytest.raises(EngineMissingError, match="URL"):
        equip(remote, program="localhost:80")
