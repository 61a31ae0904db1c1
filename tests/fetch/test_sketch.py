"""Headers over HTTP from a real server, also from one that ignores ranges, lies about lengths, or hangs up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback_hub import Hub, hub_of, serving

from apr_qa.errors import InputError
from apr_qa.pipeline.remote import inspect_remote

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT / "models" / "tiny" / "safetensors"
LARGE = 30_000_000
PROGRAM = """
import json, sys
from pathlib import Path
from apr_qa.errors import AprQaError
from apr_qa.fetch.sketch import sketch
from apr_qa.weights import read_header
folder = Path(sys.argv[2])
folder.mkdir()
try:
    got = sketch(sys.argv[1], "", folder, lambda doing: None)
    weights = [p for p in sorted(folder.iterdir()) if p.suffix in (".safetensors", ".gguf")]
    headers = {p.name: len(read_header(p).tensors) for p in weights}
    print(json.dumps({"read": got.read_bytes, "headers": headers, "revision": got.model.revision}))
except AprQaError as error:
    print(json.dumps({"error": str(error), "exit": int(error.exit_status)}))
except Exception as error:
    print(json.dumps({"raised": type(error).__name__, "error": str(error)}))
"""
CERTIFY = """
import sys
from apr_qa.cli.main import main
sys.argv = ["apr-qa", *sys.argv[1:]]
main()
"""


def run(hub: Hub, cache: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program against `hub`: the Hub's library reads its endpoint once for each process."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("HF_")} | {
        "HF_ENDPOINT": hub.base,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HOME": str(cache / "home"),
        "HF_HUB_OFFLINE": "0",
        "APR_QA_MODEL_CACHE": str(cache / "models"),
    }
    argv = [sys.executable, "-c", program, *words]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False, cwd=cache)


def sketched(hub: Hub, tmp_path: Path) -> Any:
    """Return what came of sketching the hub's model."""
    done = run(hub, tmp_path, PROGRAM, hub.repo, str(tmp_path / "folder"))
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def large_hub() -> Hub:
    """Return a hub with weights that would take a while: the tiny model with one more tensor, and its GGUF twin."""
    hub = hub_of(TRUTH)
    hub.files["model.safetensors"] = grown(hub.files["model.safetensors"])
    gguf = (ROOT / "models" / "tiny" / "gguf" / "model-q8_0.gguf").read_bytes()
    hub.files["model-q8_0.gguf"] = gguf
    return hub


def grown(data: bytes, *, kind: str = "F32") -> bytes:
    """Return a SafeTensors file with another tensor of many zeros at its end."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    end = len(data) - 8 - length
    header["extra.weight"] = {"dtype": kind, "shape": [LARGE // 4], "data_offsets": [end, end + LARGE]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :] + bytes(LARGE)


def test_headers_come_without_the_weights(tmp_path: Path) -> None:
    """A sketch of 30 MB of weights reads well under a megabyte of them, and the strict readers take it."""
    with serving(large_hub()) as hub:
        got = sketched(hub, tmp_path)
        served = hub.sent["model.safetensors"]
    assert got["revision"] == hub.commit
    assert got["headers"]["model.safetensors"] > 20
    assert got["headers"]["model-q8_0.gguf"] > 20
    assert served < 1_000_000
    sparse = tmp_path / "folder" / "model.safetensors"
    assert sparse.stat().st_size == len(hub.files["model.safetensors"])


def test_a_header_longer_than_the_first_range_is_read_on(tmp_path: Path) -> None:
    """Many tensors make a header of more than 64 kB; the rest is asked for from where the first answer ended."""
    entries = {
        f"layers.{n}.weight": {"dtype": "F32", "shape": [1], "data_offsets": [4 * n, 4 * n + 4]} for n in range(2000)
    }
    text = json.dumps(entries).encode()
    hub = hub_of(TRUTH)
    hub.files["model.safetensors"] = len(text).to_bytes(8, "little") + text + bytes(8000)
    with serving(hub):
        assert sketched(hub, tmp_path)["headers"] == {"model.safetensors": 2000}
    assert f"model.safetensors bytes=65536-{8 + len(text) - 1}" in hub.ranges


@pytest.mark.parametrize("manners", ["ignores ranges", "cuts off once", "sends more"])
def test_a_clumsy_server_is_coped_with(tmp_path: Path, manners: str) -> None:
    """The header is the same, and no whole file is read for it."""
    hub = large_hub()
    hub.manners, hub.cut_after = manners, 5_000 if manners == "cuts off once" else None
    with serving(hub):
        got = sketched(hub, tmp_path)
    assert got.get("headers", {}).get("model.safetensors", 0) > 20, got
    assert got["read"] < 4_000_000


@pytest.mark.parametrize(
    ("manners", "words"),
    [
        ("lies about the length", "the Hub lists"),
        ("starts elsewhere", "another range"),
        ("always cuts off", "connection ended"),
        ("says it ends", "ends before"),
    ],
)
def test_a_server_that_contradicts_itself_is_not_believed(tmp_path: Path, manners: str, words: str) -> None:
    """The command ends with what was wrong; nothing of it is blamed on the model."""
    hub = large_hub()
    hub.manners = manners
    with serving(hub):
        got = sketched(hub, tmp_path)
    assert words in got["error"]
    assert got["exit"] == 3


def test_the_model_is_judged_from_its_headers(tmp_path: Path) -> None:
    """`validate-contract hf://...` judges a healthy model by what its headers say, and says what it did not look at."""
    with serving(hub_of(TRUTH)) as hub:
        done = run(hub, tmp_path, CERTIFY, "validate-contract", f"hf://{hub.repo}", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    gates = {item["gate"]: item["outcome"] for item in json.loads(done.stdout)["judged"]}
    assert {"G0-INTEGRITY-HEADER", "G0-INTEGRITY-CONFIG", "G0-INTEGRITY-TEMPLATE", "F-CONTRACT-I5-001"} <= set(gates)
    assert not {"G0-INTEGRITY-VALUES", "F-CONTRACT-I4-001"} & set(gates)
    assert set(gates.values()) <= {"corroborated", "skipped"}


@pytest.mark.parametrize("word", ["hf://", "hf:///", "hf://../x", "hf://a/..", "hf://a/b/c", "hf://a /b", "hf://a/b\n"])
def test_what_names_no_model_is_bad_input(word: str) -> None:
    """No word becomes a folder or an address that is not a model's."""
    with pytest.raises(InputError, match="is not hf://ORG/NAME"):
        inspect_remote(word, print)


HARMS = {
    "broken header": ("model.safetensors", lambda data: data[:8] + b"[" + data[9:], "cannot be read", 2),
    "absurd header": ("model.safetensors", lambda data: (2**62).to_bytes(8, "little") + data[8:], "cannot be read", 2),
    "unknown architecture": ("config.json", lambda data: data.replace(b"wen2", b"wex2"), "no family", 2),
    "no config": ("config.json", lambda _data: b"[]", "no JSON object", 2),
}


@pytest.mark.parametrize("harm", HARMS)
def test_certify_refuses_before_the_weights_come(tmp_path: Path, harm: str) -> None:
    """What no run could judge is said from a few kilobytes, with its remedy; the weights are not fetched."""
    name, change, words, status = HARMS[harm]
    hub = large_hub()
    hub.files[name] = change(hub.files[name])
    with serving(hub):
        done = run(hub, tmp_path, CERTIFY, "certify", hub.repo, "--tier", "smoke", "--dry-run", "--engine", "reference")
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stderr
    assert hub.sent.get("model.safetensors", 0) < 1_000_000


def test_weights_that_no_memory_holds_are_refused(tmp_path: Path) -> None:
    """A petabyte is told from the header alone; the disk would be too small, and memory is asked first."""
    program = (
        "import sys; from pathlib import Path; from apr_qa.pipeline.certifiable import require_certifiable\n"
        "try: require_certifiable(sys.argv[1], '', Path(sys.argv[2]), int(sys.argv[3]), lambda doing: None)\n"
        "except Exception as error: print(error)\n"
        "else: print('certifiable')"
    )
    with serving(large_hub()) as hub:
        for memory, words in ((1 << 20, "GB of memory"), (1 << 40, "certifiable")):
            assert words in run(hub, tmp_path, program, hub.repo, str(tmp_path / "c"), str(memory)).stdout
