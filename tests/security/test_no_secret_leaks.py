"""No secret of the environment is in anything that a command prints or writes, whether it succeeds or fails."""

from __future__ import annotations

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "models" / "tiny"
SECRETS = {
    name: f"planted+{name.lower().replace('_', '')}/0123456789abcdef"
    for name in (
        *("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN"),
        *("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "APR_QA_TICKETS_TOKEN"),
    )
}
NOBODY = "http://127.0.0.1:9"
"""A port at which nothing listens: every request fails."""
PASSWORD = "planted-password-of-a-url"  # noqa: S105  (it opens nothing)
RUNS: dict[str, tuple[str, ...]] = {
    "a certification": ("certify", str(TINY), "smoke", "--engine", "reference", "--output", "{out}/run"),
    "a model that cannot be fetched": ("certify", "qwen-coder/0.5B", "smoke", "--output", "{out}/run"),
    "a server that answers": (
        *("certify", str(TINY), "mvp", "--engine", f"openai=http://user:{PASSWORD}@127.0.0.1:{{port}}/v1"),
        *("--modalities", "serve", "--formats", "safetensors", "--output", "{out}/run"),
    ),
    "a server that does not answer": (
        *("certify", str(TINY), "smoke", "--engine", f"openai=http://user:{PASSWORD}@127.0.0.1:9/v1"),
        *("--output", "{out}/run"),
    ),
    "a look at the machine": ("doctor", "--json"),
    "a plan": ("plan", "tiny", "smoke", "--output", "{out}/plan"),
    "the bot without GitHub": ("bot",),
    "a broken playbook": ("run", "{out}/broken.yaml"),
}


def spelt(secret: str) -> set[bytes]:
    """Return how a secret may be written: as it is, as base64, as part of a URL."""
    raw = secret.encode()
    return {raw, base64.b64encode(raw).rstrip(b"="), quote(secret, safe="").encode()}


def leaks(texts: dict[str, bytes], secrets: dict[str, str]) -> list[str]:
    """Return `place: name` for each secret that stands in a text."""
    return [f"{place}: {name}" for place, text in texts.items() for name, s in secrets.items() if _in(text, s)]


def _in(text: bytes, secret: str) -> bool:
    return any(form in text for form in spelt(secret))


class Model(http.server.BaseHTTPRequestHandler):
    """A server that answers whoever brings the password, and nothing sensible."""

    def do_GET(self) -> None:
        self._say({"data": [{"id": "m"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"choices": [{"message": {"content": "four"}, "finish_reason": "stop"}]})

    def _say(self, value: object) -> None:
        is_known = base64.b64encode(f"user:{PASSWORD}".encode()).decode() in self.headers.get("Authorization", "")
        body = json.dumps(value).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def told(words: tuple[str, ...], folder: Path, port: int) -> dict[str, bytes]:
    """Run a command with all secrets in its environment and return everything it printed and wrote."""
    (folder / "broken.yaml").write_text("name: [\n", encoding="utf-8")
    (folder / "event.json").write_text("{}", encoding="utf-8")
    env = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ} | SECRETS
    env |= {"HOME": str(folder), "APR_QA_CACHE": str(folder / "cache"), "HF_ENDPOINT": NOBODY, "HF_HUB_OFFLINE": "0"}
    env |= {"GITHUB_API_URL": NOBODY, "GITHUB_EVENT_NAME": "issue_comment", "OPENBLAS_NUM_THREADS": "1"}
    env |= {"GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    argv = [sys.executable, "-m", "apr_qa", *(word.format(out=folder, port=port) for word in words)]
    ended = subprocess.run(argv, env=env, cwd=folder, capture_output=True, check=False, timeout=240)
    assert b"Traceback" not in ended.stderr, ended.stderr.decode()[-2000:]
    written = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {"stdout": ended.stdout, "stderr": ended.stderr, **written}


@pytest.mark.parametrize("run", RUNS)
def test_no_secret_is_printed_or_written(run: str, tmp_path: Path, port: int) -> None:
    """Log, evidence, certificate, reports, caches: none of them knows a token, in any spelling."""
    texts = told(RUNS[run], tmp_path, port)
    assert texts["stdout"] or texts["stderr"]
    if run in {"a certification", "a server that answers"}:
        assert any(place.endswith("evidence.json") for place in texts)
    assert leaks(texts, SECRETS | {"password of a URL": PASSWORD}) == []


def test_a_leak_would_be_found() -> None:
    """Each spelling of a planted secret is found, so that an empty list means something."""
    for name, secret in SECRETS.items():
        for form in spelt(secret):
            assert leaks({"log": b"token=" + form + b"\n"}, SECRETS) == [f"log: {name}"]
