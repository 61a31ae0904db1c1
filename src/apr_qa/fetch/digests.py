"""SHA-256 of model files, taken once: remembered by place, size and times, for files that nobody changed since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from apr_qa.errors import WorkspaceError
from apr_qa.files import sha256_file, write_text

_FILE = "digests.json"
_SETTLED_NS = 2_000_000_000
"""A file changed within the last two seconds may change again within the same clock tick: it is hashed each time."""


def digests(files: Iterable[Path], memory: Path, *, now_ns: int) -> dict[Path, str]:
    """Return the SHA-256 in hex of each of `files`.

    `memory` is a folder for what is remembered between runs; a memory that cannot be read or written costs time only.
    Raises OSError when a file cannot be read.
    """
    known = _recall(memory / _FILE)
    found: dict[Path, str] = {}
    learnt = dict(known)
    for file in files:
        status = file.stat()
        key = f"{file.resolve()}|{status.st_size}|{status.st_mtime_ns}|{status.st_ino}|{status.st_ctime_ns}"
        digest = known.get(key) or sha256_file(file)
        found[file] = digest
        if now_ns - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED_NS:
            learnt[key] = digest
    if learnt != known:
        _remember(memory / _FILE, learnt)
    return found


def _recall(file: Path) -> Mapping[str, str]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _remember(file: Path, learnt: Mapping[str, str]) -> None:
    try:
        write_text(file, json.dumps(learnt, indent=0, sort_keys=True))
    except WorkspaceError:
        return
