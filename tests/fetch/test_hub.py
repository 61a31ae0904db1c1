"""Fetching from a real HTTP server with the Hub's own library, in a process of its own: it reads the endpoint once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pytest
from loopback_hub import Hub, hub_of, serving

MODEL = Path(__file__).resolve().parents[2] / "models" / "tiny" / "safetensors"
PROGRAM = """
import json, sys
from pathlib import Path
from apr_qa.errors import AprQaError
from apr_qa.fetch.hub import fetch
try:
    got = fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3]), lambda doing: None)
    print(json.dumps({"folder": str(got.folder), "revision": got.revision, "checked": got.checked, "names": got.names}))
except AprQaError as error:
    print(json.dumps({"error": str(error), "remedy": error.remedy, "exit": int(error.exit_status)}))
"""


def fetched(hub: Hub, cache: Path, *, repo: str = "", revision: str = "", offline: bool = False) -> Any:
    """Fetch from `hub` and return what the program said."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("HF_")} | {
        "HF_ENDPOINT": hub.base,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HOME": str(cache / "home"),
        "HF_HUB_OFFLINE": "1" if offline else "0",
    }
    argv = [sys.executable, "-c", PROGRAM, repo or hub.repo, revision, str(cache)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_model_is_pinned_fetched_and_checked(tmp_path: Path) -> None:
    """The commit is the one the Hub names, and every allowed file arrives with the right bytes."""
    hub = hub_of(MODEL)
    hub.files |= {"pytorch_model.bin": b"pickle", "modeling.py": b"import os"}
    with serving(hub):
        got = fetched(hub, tmp_path)
    assert got["revision"] == hub.commit
    assert got["checked"] is True
    assert set(got["names"]) == {p.name for p in MODEL.iterdir()}
    names = {p.name for p in Path(got["folder"]).iterdir()}
    assert names == {p.name for p in MODEL.iterdir()}
    assert (Path(got["folder"]) / "model.safetensors").read_bytes() == (MODEL / "model.safetensors").read_bytes()
    assert not any("pytorch_model.bin" in path or path.endswith(".py") for path in hub.paths)


def test_offline_the_cache_answers(tmp_path: Path) -> None:
    """What was fetched once is found again without the network; what was not is explained."""
    hub = hub_of(MODEL)
    with serving(hub):
        fetched(hub, tmp_path)
    again = fetched(hub, tmp_path, offline=True)
    assert again["revision"] == hub.commit
    assert again["checked"] is False
    missing = fetched(hub, tmp_path / "empty", offline=True)
    assert missing["exit"] == 2
    assert "not in the model cache" in missing["error"]


@pytest.mark.parametrize(
    ("change", "asked", "exit_status", "words"),
    [
        ({"gated": True}, {}, 2, "gated"),
        ({}, {"repo": "org/other"}, 2, "knows no such model"),
        ({}, {"revision": "v9"}, 2, "no such revision"),
        ({}, {"repo": "../../x"}, 2, "not a model id"),
    ],
)
def test_refusals_are_explained(
    tmp_path: Path, change: dict[str, Any], asked: dict[str, str], exit_status: int, words: str
) -> None:
    """Each refusal of the Hub becomes one sentence with a remedy."""
    hub = hub_of(MODEL)
    for name, value in change.items():
        setattr(hub, name, value)
    with serving(hub):
        got = fetched(hub, tmp_path, **asked)
    assert got["exit"] == exit_status
    assert words in got["error"]
    assert got["remedy"]


def test_other_bytes_of_the_same_length_are_removed(tmp_path: Path) -> None:
    """A file that is not what the Hub says it is never stays in the cache, and the next call fetches it anew."""
    hub = hub_of(MODEL)
    weights = hub.files["model.safetensors"]
    hub.swapped["model.safetensors"] = weights[:-1] + bytes([weights[-1] ^ 1])
    with serving(hub):
        wrong = fetched(hub, tmp_path)
        assert "not what the Hub says" in wrong["error"]
        hub.swapped.clear()
        right = fetched(hub, tmp_path)
    assert right["checked"] is True


def test_a_download_that_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """After a lost connection the rest is asked for by range, and the result is whole."""
    hub = hub_of(MODEL)
    hub.files["model.safetensors"] = bytes(24_000_000)
    hub.cut_after = 15_000_000
    with serving(hub):
        got = fetched(hub, tmp_path)
    assert got["checked"] is True
    begun = [int(entry.split("=")[1].split("-")[0]) for entry in hub.ranges if entry.startswith("model.safetensors")]
    assert len(begun) == 1
    assert 0 < begun[0] <= 15_000_000


def test_a_disk_too_small_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    """The size is known before the first byte."""
    huge = hub_of(MODEL)
    huge.files["big.safetensors"] = _Pretended(8 << 50)
    with serving(huge):
        got = fetched(huge, tmp_path)
    assert got["exit"] == 3
    assert "are free" in got["error"]
    assert not any("/resolve/" in path for path in huge.paths)


class _Pretended(bytes):
    """Bytes that claim a size that no disk has."""

    def __new__(cls, _size: int) -> Self:
        return super().__new__(cls, b"x" * 20_000)

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size
