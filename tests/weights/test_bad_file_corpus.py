"""No malformed file is accepted, none hangs a reader, none fills the memory: a child process reads them, watched."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bad_file_corpus import CUT, GOOD, corpus
from weight_builders import safetensors_bytes

from apr_qa.weights import open_weights

CHILD = Path(__file__).parent / "read_bad_files.py"
MOST_BYTES = 64 << 20
FILES = list(corpus())


def read_all(folder: Path, files: list[bytes]) -> tuple[list[str], int, int]:
    """Return the outcome of each file, how much memory grew, and the exit status of the child."""
    (folder / "good").write_bytes(GOOD["gguf"])
    for number, data in enumerate(files):
        (folder / str(number)).write_bytes(data)
    ended = subprocess.run([sys.executable, str(CHILD), str(folder)], capture_output=True, text=True, check=False)
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    outcomes = [line["outcome"] for line in said if "outcome" in line]
    return outcomes, next((line["grown"] for line in said if "grown" in line), -1), ended.returncode


def test_the_corpus_is_large_enough() -> None:
    """At least twelve distinct causes for each format, all cuts counting as one."""
    causes = {form: {cause for f, cause, _ in FILES if f == form} for form in GOOD}
    assert {form: len(found) for form, found in causes.items() if len(found) < 12} == {}
    assert all(CUT in found for found in causes.values())
    named = [data for _, cause, data in FILES if cause != CUT]
    assert len(set(named)) >= 60


def test_good_files_are_good(tmp_path: Path) -> None:
    """The files that are cut are accepted whole, so that it is the cut which is refused."""
    for form, data in GOOD.items():
        (tmp_path / "x").write_bytes(data)
        with open_weights(tmp_path / "x") as weights:
            assert weights.format == form


@pytest.mark.parametrize("form", GOOD)
def test_every_malformed_file_is_refused_in_time_and_in_little_memory(form: str, tmp_path: Path) -> None:
    """0 accepted, 0 over a second of processor time, under 64 MB above what the reader takes for a good file."""
    chosen = [(cause, data) for f, cause, data in FILES if f == form]
    outcomes, grown, status = read_all(tmp_path, [data for _, data in chosen])
    assert status == 0, f"stopped at {chosen[len(outcomes)][0]!r}"
    others = [(cause, found) for (cause, _), found in zip(chosen, outcomes, strict=True) if found != "refused"]
    assert others == []
    assert 0 <= grown < MOST_BYTES


def test_the_watch_bites(tmp_path: Path) -> None:
    """A good file among the bad ones is seen, and a reader that does not end is ended."""
    outcomes, _, _ = read_all(tmp_path, [GOOD["apr"], b"x"])
    assert Counter(outcomes) == {"accepted": 1, "refused": 1}
    (tmp_path / "large").mkdir()
    _, grown, _ = read_all(tmp_path / "large", [b"x", safetensors_bytes(b"{" + b" " * (30 << 20) + b"}")])
    assert grown > 30 << 20
    hang = "import signal, sys; sys.argv[0] = ''; signal.setitimer(signal.ITIMER_PROF, 0.1)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", hang], check=False).returncode == -signal.SIGPROF
