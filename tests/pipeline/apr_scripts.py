"""Small programs in place of `apr` 0.72.3: they speak its command line, and answer as a test wants."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

VERSION = "apr 0.72.3 (9c34b9a91)"

_PROGRAM = """\
#!{python} -IS
import json, os, signal, subprocess, sys, time
words = sys.argv[1:]
if words == ["--version"]:
    print({version!r})
    sys.exit()
if words[:1] == ["devices"]:
    print(json.dumps({{"entries": []}}))
    sys.exit()
def option(name):
    return words[words.index(name) + 1]
def prompt():
    return next(w for w in words if w.startswith("--prompt="))[9:]
def answer(text, tokens=None, **more):
    said = {{"status": "ok", "text": text, "tokens": tokens or list(range(1, 2 + len(text.split()))),
        "prompt_tokens": 9, "completion_tokens": len(tokens or text.split()) or 1, "tok_per_sec": 50.0,
        "backend": {{"ran": "cpu"}}, "used_gpu": False, "finish_reason": None, "max_tokens": int(option("-n"))}}
    print(json.dumps({{**said, **more}}))
def healthy():
    said = json.load(open({answers!r})).get(option("-n") + " " + prompt(), {{"error": "not recorded"}})
    if "error" in said:
        print("error: inference failed: " + said["error"], file=sys.stderr)
        sys.exit(8)
    answer(**said)
{body}
"""


def apr(folder: Path, body: str = "healthy()", *, version: str = VERSION, answers: Path = Path("/dev/null")) -> str:
    """Write a program that does `body` when asked a question; return the `--engine` word that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "apr"
    text = _PROGRAM.format(python=sys.executable, version=version, answers=str(answers), body=textwrap.dedent(body))
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return f"apr={path}"
