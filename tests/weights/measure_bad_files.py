"""Reads the corpus of malformed files as its test does and prints a table of what became of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bad_file_corpus import CUT, GOOD, corpus

CHILD = Path(__file__).parent / "read_bad_files.py"


def row(form: str) -> str:
    """Return what became of the malformed files of one format."""
    chosen = [(cause, data) for f, cause, data in corpus() if f == form]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "good").write_bytes(GOOD["gguf"])
        for number, (_, data) in enumerate(chosen):
            (folder / str(number)).write_bytes(data)
        ended = subprocess.run([sys.executable, str(CHILD), scratch], capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    outcomes = Counter(line["outcome"] for line in said if "outcome" in line)
    slowest = max(line["seconds"] for line in said if "seconds" in line)
    causes, cuts = {cause for cause, _ in chosen}, sum(cause == CUT for cause, _ in chosen)
    grown = next(line["grown"] for line in said if "grown" in line)
    others = len(chosen) - outcomes["refused"]
    return f"| {form} | {len(chosen)} | {cuts} | {len(causes)} | {others} | {slowest:.2f} | {grown / (1 << 20):.0f} |"


if __name__ == "__main__":
    print("| Format | Files | Of these cuts | Causes | Not refused | Slowest, s of CPU | Memory grew, MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in GOOD:
        print(row(name), flush=True)
