"""Which apr-qa this is: one digest over every file of the program, so that a plan is run by what made it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_COMPILED = "__pycache__"


@cache
def tool_digest() -> str:
    """Return the SHA-256 over paths and bytes of all files of the installed package, in hex."""
    return digest_of_folder(_ROOT)


def digest_of_folder(root: Path) -> str:
    """Return the SHA-256 over relative paths and bytes of the files below `root`, what Python compiles left out."""
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and _COMPILED not in path.parts:
            own = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{own}  {path.relative_to(root).as_posix()}\n".encode())
    return whole.hexdigest()
