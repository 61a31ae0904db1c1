"""A program that says it is apr, with a handful of subcommands; what it does wrong is chosen by its folder's files."""

import json
import os
import sys
from pathlib import Path

FAULTS = set((Path(__file__).parent / "faults").read_text().split())
NAMES = ["inspect", "check", "diff", "frobnicate", "import", "pull", "rosetta inspect", "rosetta convert", "surface"]


def entry(name):
    path = name.split()
    args = [{"long": "no-gpu"}] if name == "check" else []
    return {"path": path, "leaf": True, "args": args}


def surface():
    group = {"path": ["rosetta"], "leaf": False, "args": []}
    commands = [group, *map(entry, NAMES)]
    return {"schema": "apr-cli-surface/v1.1", "commands": [] if "no-surface" in FAULTS else commands}


ANSWERS = {
    "inspect": {"file": "x", "valid": True},
    "check": {"all_passed": "check-lies" not in FAULTS},
    "diff": {"identical": True},
}


def main(words):
    ear = Path(__file__).parents[1] / "ear"  # (a pipe, where somebody listens)
    if ear.exists():
        ear.open("w").write(json.dumps({"argv": words, "home": os.environ["HOME"]}) + "\n")
    if words == ["--version"]:
        print("apr 0.72.3 (9c34b9a91)")
    elif words[0] == "devices":
        print(json.dumps({"entries": []}))
    elif words[0] == "surface":
        print(json.dumps(surface()))
    elif words[-1] == "--help":
        if "no-help" in FAULTS:
            sys.exit("error: unexpected argument '--help'")
        print(f"Usage: apr {' '.join(words[:-1])}")
    else:
        work(words)


def work(words):
    if words[0] == "inspect" and "inspect-fails" in FAULTS:
        sys.exit("error: Invalid APR format")
    if words[0] == "inspect" and "inspect-writes" in FAULTS:
        Path(words[1]).with_name("left.json").write_text("{}")
    if words[0] == "diff" and "diff-text" in FAULTS:
        print("they are equal")
    elif words[0] in ANSWERS:
        print(json.dumps(ANSWERS[words[0]]))
    elif words[:2] == ["rosetta", "inspect"]:
        print("a table")
    else:
        Path("written").write_text("by " + " ".join(words))
        sys.exit("error: this must not be run")


main(sys.argv[1:])
