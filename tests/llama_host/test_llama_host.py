"""The llama.cpp child program, started as it is in life, on the shipped models."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
GGUF = MODELS / "tiny" / "gguf" / "model-f16.gguf"
# Isolated mode reads no PYTHONPATH; the source tree is put first so that an uninstalled checkout is what is tested.
START = f"""import runpy, sys
sys.path.insert(0, {str(ROOT / "src")!r})
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
SUM = {"messages": [{"role": "user", "content": "What is 2+2?"}], "max_tokens": 8}


def ask(tmp_path: Path, *arguments: str, stdin: str = "", module: str = "apr_qa.llama_host") -> tuple[int, list[Any]]:
    """Run the program to its end; return its exit status and the JSON lines it said."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", START, module, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def chat(tmp_path: Path, model: Path, *requests: dict[str, Any], module: str = "apr_qa.llama_host") -> list[Any]:
    """Ask several requests of one process; the ready line is left out."""
    stdin = "\n".join(json.dumps(request) for request in requests)
    status, said = ask(tmp_path, "chat", "--model", str(model), stdin=stdin, module=module)
    assert status == 0
    assert said[0]["ready"] is True
    return said[1:]


def user(text: str) -> dict[str, Any]:
    """Return a request of one user turn."""
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 40}


@pytest.mark.parametrize("name", ["tiny", "tiny-llama"])
def test_it_agrees_with_the_reference_engine(name: str, tmp_path: Path) -> None:
    """Greedy answers of two independent programs on one GGUF file are the same tokens, also across characters."""
    model = MODELS / name / "gguf" / "model-f16.gguf"
    asked = [user("What is 2+2?"), user("What is 7*8?"), user("Hello"), user("你好")]
    theirs = chat(tmp_path, model, *asked)
    ours = chat(tmp_path, model, *asked, module="apr_qa.reference")
    for one, other in zip(theirs, ours, strict=True):
        assert (one["text"], one["tokens"]) == (other["text"], other["tokens"])
        assert one["prompt_tokens"] == other["prompt_tokens"]
        assert one["finish_reason"] == other["finish_reason"]


def test_an_answer_keeps_the_protocol(tmp_path: Path) -> None:
    """The end-of-sequence token is in neither text nor tokens, and the engine says what it is and ran on."""
    (said,) = chat(tmp_path, GGUF, {**SUM, "top_logprobs": 3})
    assert said["text"] == "4"
    assert len(said["tokens"]) == said["completion_tokens"] == len(said["logprobs"]) == 1
    assert said["logprobs"][0][0]["id"] == said["tokens"][0]
    assert (said["finish_reason"], said["backend"], said["engine"]) == ("stop", {"ran": "cpu"}, "llama.cpp")


def test_limits_and_sampling(tmp_path: Path) -> None:
    """The token limit holds and is named; one seed gives one text, several give several."""
    hot = [{**user("Tell me a story"), "temperature": 3.0, "seed": seed, "max_tokens": 12} for seed in (1, 1, 2, 3)]
    said = chat(tmp_path, GGUF, {**user("Hello"), "max_tokens": 2}, *hot)
    assert (said[0]["finish_reason"], said[0]["completion_tokens"]) == ("length", 2)
    assert said[1]["tokens"] == said[2]["tokens"]
    assert len({tuple(answer["tokens"]) for answer in said[1:]}) > 1


def test_requests_that_cannot_be_met_are_refused_by_kind(tmp_path: Path) -> None:
    """Too long is `context`, unknown keys are `request`, and the session goes on."""
    long = user("hello " * 2000)
    said = chat(tmp_path, GGUF, long, {**SUM, "unknown": 1}, {"prompt": "", "max_tokens": 2}, SUM)
    assert [answer["error"]["kind"] for answer in said[:3]] == ["context", "request", "request"]
    assert said[3]["text"] == "4"


def test_log_probabilities_agree_with_the_reference(tmp_path: Path) -> None:
    """Teacher-forced distributions differ by what F16 weights cost llama.cpp, inside characters too."""
    (answer,) = chat(tmp_path, GGUF, user("你好"))
    prompt = [638, 273, *answer["tokens"]]
    lines = [json.dumps({"tokens": prompt, "out": str(tmp_path / "all.npy")}), json.dumps({"tokens": prompt[:4]})]
    tables = []
    for module in ("apr_qa.llama_host", "apr_qa.reference"):
        _, said = ask(tmp_path, "logits", "--model", str(GGUF), stdin="\n".join(lines), module=module)
        assert len(said[2]["positions"]) == 4
        raw = np.load(tmp_path / "all.npy").astype(np.float64)
        tables.append(raw - np.log(np.exp(raw).sum(axis=1, keepdims=True)))
    likely = tables[1] > -12
    assert tables[0].shape == tables[1].shape == (len(prompt), said[1]["shape"][1])
    assert np.abs(tables[0] - tables[1])[likely].max() < 2e-2


def test_broken_files_do_not_load(tmp_path: Path) -> None:
    """A missing, a truncated and a foreign file are each a load failure with exit status 3."""
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(GGUF.read_bytes()[:100_000])
    for model in (tmp_path / "none.gguf", cut, ROOT / "LICENSE"):
        status, said = ask(tmp_path, "run", "--model", str(model), "--request-json", json.dumps(SUM))
        assert (status, said[0]["error"]["kind"]) == (3, "load")


def test_it_needs_no_network(tmp_path: Path) -> None:
    """Without even a loopback device it answers: its parts talk over a socket in a private folder."""
    fence = ["unshare", "--user", "--map-root-user", "--net", "--"]
    if not shutil.which("unshare") or subprocess.run([*fence, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system allows no network namespaces")
    argv = [*fence, sys.executable, "-I", "-m", "apr_qa.llama_host", "run", "--model", str(GGUF), "--request-json", "-"]
    asked = json.dumps(SUM).encode()
    done = subprocess.run(argv, input=asked, capture_output=True, cwd=tmp_path, timeout=120, check=False)
    assert json.loads(done.stdout)["text"] == "4"


def test_no_template_is_guessed(tmp_path: Path) -> None:
    """llama.cpp would take ChatML for a file without a template; this program says that there is none."""
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(GGUF.read_bytes().replace(b"tokenizer.chat_template", b"tokenizer.chat_templatX"))
    chatted, raw = chat(tmp_path, bare, SUM, {"prompt": "2+2=", "max_tokens": 3})
    assert chatted["error"]["kind"] == "unsupported"
    assert raw["completion_tokens"] > 0
