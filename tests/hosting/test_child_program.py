"""The child program, started as it is in life: an isolated interpreter in an empty folder."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent.parent
MODEL = ROOT / "tests" / "fixtures" / "families" / "qwen2"
# Isolated mode reads no PYTHONPATH; the source tree is put first so that an uninstalled checkout is what is tested.
START = f"""import runpy, sys
sys.path.insert(0, {str(ROOT / "src")!r})
runpy.run_module("apr_qa.reference", run_name="__main__", alter_sys=True)
"""
HELLO = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 6}
LIMIT_S = 120


def command(*arguments: str) -> list[str]:
    """Return the argv of the program."""
    return [sys.executable, "-I", "-c", START, *arguments]


def ask(tmp_path: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        command(*arguments), input=stdin, capture_output=True, text=True, cwd=tmp_path, timeout=LIMIT_S, check=False
    )


def test_run_answers_one_object(tmp_path: Path) -> None:
    """Every promised key is there, and the token count is that of the tokens."""
    done = ask(tmp_path, "run", "--model", str(MODEL), "--request-json", "-", stdin=json.dumps(HELLO))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["completion_tokens"] == len(answer["tokens"]) <= 6
    assert answer["prompt_tokens"] > 5
    assert answer["finish_reason"] in ("stop", "length")
    assert answer["backend"] == {"ran": "cpu"}
    assert answer["engine"] == "reference"
    assert {"text", "tokens_per_s", "load_s", "generate_s", "version"} <= set(answer)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "status", "kind"),
    [
        (["run", "--model", "/nonexistent", "--request-json", "{}"], 3, "load"),
        (["run", "--model", str(ROOT / "src"), "--request-json", "{}"], 3, "load"),
        (["chat", "--model", "/nonexistent"], 3, "load"),
        (["run", "--model", str(MODEL), "--request-json", "{}"], 4, "request"),
        (["run", "--model", str(MODEL), "--request-json", "[]"], 4, "request"),
        (["run", "--model", str(MODEL), "--request-json", '{"prompt":"x","max_tokens":256}'], 4, "context"),
    ],
)
def test_failures_are_said_in_the_protocol(arguments: list[str], status: int, kind: str, tmp_path: Path) -> None:
    """A load failure is exit 3, a bad request exit 4; both are one JSON object on standard output."""
    done = ask(tmp_path, *arguments)
    assert done.returncode == status
    assert json.loads(done.stdout)["error"]["kind"] == kind


def test_usage_and_version(tmp_path: Path) -> None:
    """Bad usage is exit 2."""
    assert ask(tmp_path).returncode == 2
    assert ask(tmp_path, "sing").returncode == 2
    assert ask(tmp_path, "--version").stdout.startswith("reference ")


def test_chat_answers_line_by_line_and_survives_bad_lines(tmp_path: Path) -> None:
    """A ready line, an answer or an error for each line, and exit 0 at the end of input."""
    lines = [
        json.dumps({"id": "a", **HELLO}),
        "nonsense",
        json.dumps({"id": "b", **HELLO, "unknown": 1}),
        json.dumps({"id": "c", "messages": [{"role": "user", "content": ""}], "max_tokens": 2, "top_logprobs": 3}),
        json.dumps({"id": "d", **HELLO}),
    ]
    done = ask(tmp_path, "chat", "--model", str(MODEL), stdin="\n".join(lines))
    assert done.returncode == 0, done.stderr
    ready, a, bad, b, c, d = (json.loads(line) for line in done.stdout.splitlines())
    assert ready["ready"] is True
    assert (a["id"], bad["id"], b["id"], c["id"], d["id"]) == ("a", None, "b", "c", "d")
    assert a["tokens"] == d["tokens"]
    assert bad["error"]["kind"] == b["error"]["kind"] == "request"
    assert "unknown" in b["error"]["message"]
    assert [len(top) for top in c["logprobs"]] == [3] * c["completion_tokens"]


def test_a_continued_conversation_equals_one_told_whole(tmp_path: Path) -> None:
    """`continues` puts the turns before it, with the engine's own answer, in front of the new ones."""
    more = {"role": "user", "content": "again"}
    first = ask(tmp_path, "run", "--model", str(MODEL), "--request-json", json.dumps(HELLO))
    said = {"role": "assistant", "content": json.loads(first.stdout)["text"]}
    whole = {**HELLO, "messages": [*HELLO["messages"], said, more]}
    lines = [HELLO, {**HELLO, "messages": [more], "continues": True}, {**HELLO, "messages": [more]}, whole]
    done = ask(tmp_path, "chat", "--model", str(MODEL), stdin="\n".join(json.dumps(line) for line in lines))
    _, _, continued, fresh, told = (json.loads(line) for line in done.stdout.splitlines())
    assert continued["tokens"] == told["tokens"]
    assert continued["prompt_tokens"] == told["prompt_tokens"] > fresh["prompt_tokens"]


def test_logits_are_scored_and_saved(tmp_path: Path) -> None:
    """Top log-probabilities plus the sum give the golden's logits; the file holds all of them."""
    golden = np.load(MODEL / "golden.npz")
    tokens = golden["tokens"].tolist()
    lines = [json.dumps({"id": "a", "tokens": tokens, "top_k": 3}), json.dumps({"id": "b", "tokens": [], "top_k": 3})]
    lines.append(json.dumps({"id": "c", "tokens": tokens, "out": str(tmp_path / "all.npy")}))
    done = ask(tmp_path, "logits", "--model", str(MODEL), stdin="\n".join(lines))
    _, a, b, c = (json.loads(line) for line in done.stdout.splitlines())
    assert b["error"]["kind"] == "request"
    assert c["shape"] == [len(tokens), 320]
    np.testing.assert_allclose(np.load(tmp_path / "all.npy"), golden["logits"], atol=1e-4)
    for position, logits in zip(a["positions"], golden["logits"], strict=True):
        for alternative in position["top"]:
            logit = alternative["logprob"] + position["logsumexp"]
            assert logit == pytest.approx(logits[alternative["id"]], abs=1e-4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start one server for the module and return its address."""
    argv = command("serve", "--model", str(MODEL), "--port", "0")
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=tmp_path_factory.mktemp("cwd"))
    assert child.stdout is not None
    yield f"http://127.0.0.1:{json.loads(child.stdout.readline())['listening']}"
    child.kill()
    child.wait()
    child.stdout.close()


def http(url: str, body: object = None) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of one request."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=LIMIT_S) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_server_answers_in_openai_shape(server: str, tmp_path: Path) -> None:
    """Chat over HTTP gives the tokens that `run` gives."""
    assert http(server + "/health") == (200, {"status": "ok", "model_loaded": True})
    status, chat = http(server + "/v1/chat/completions", {"model": "any", **HELLO})
    assert status == 200
    done = ask(tmp_path, "run", "--model", str(MODEL), "--request-json", "-", stdin=json.dumps(HELLO))
    assert chat["tokens"] == json.loads(done.stdout)["tokens"]
    assert chat["choices"][0]["message"]["role"] == "assistant"
    assert chat["choices"][0]["message"]["content"] == json.loads(done.stdout)["text"]
    assert chat["usage"]["completion_tokens"] == len(chat["tokens"])
    assert chat["timings"]["tokens_per_s"] is None or chat["timings"]["tokens_per_s"] > 0
    status, raw = http(server + "/v1/completions", {"prompt": "hello", "max_tokens": 3})
    assert status == 200
    assert isinstance(raw["choices"][0]["text"], str)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/chat/completions", b"nonsense", 400),
        ("/v1/chat/completions", {}, 400),
        ("/v1/chat/completions", {**HELLO, "stream": True}, 400),
        ("/v1/chat/completions", {**HELLO, "temperature": -1}, 400),
        ("/v1/chat/completions", {**HELLO, "max_tokens": 0}, 400),
        ("/v1/chat/completions", {**HELLO, "max_tokens": 1000}, 400),
        ("/v1/chat/completions", {"messages": [{"role": "king", "content": "x"}]}, 400),
        ("/nothing", {}, 404),
    ],
)
def test_the_server_refuses_bad_input_and_lives(server: str, path: str, body: object, status: int) -> None:
    """A bad request gets an error object, and the next one is served."""
    code, value = http(server + path, body)
    assert code == status
    assert value["error"]["message"]
    assert http(server + "/health")[0] == 200
