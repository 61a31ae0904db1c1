"""GitHub's own channels: outputs, the summary of the step, annotations. Foreign text never becomes a command."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from apr_qa.text import printable

SUMMARY_LIMIT_BYTES = (1 << 20) - (64 << 10)
"""GitHub drops a summary of 1 MiB whole; what lies below is safe."""
ANNOTATIONS_LIMIT = 10
"""Of each level in a step; GitHub shows no more."""
_MESSAGE_LIMIT = 1000


def write_outputs(path: Path, values: Mapping[str, str]) -> None:
    """Append `values` to the file that GITHUB_OUTPUT names, each between random marks. Raises OSError."""
    with path.open("a", encoding="utf-8") as stream:
        for name, value in values.items():
            mark = f"apr-qa-{secrets.token_hex(16)}"
            stream.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def write_summary(path: Path, pages: Iterable[str]) -> None:
    """Append whole pages to the summary while they fit, then say how many did not. Raises OSError."""
    pages = list(pages)
    left = SUMMARY_LIMIT_BYTES - (path.stat().st_size if path.exists() else 0)
    kept = []
    for page in pages:
        size = len(page.encode()) + 2
        if size <= left:
            kept.append(page)
            left -= size
    if len(kept) < len(pages):
        kept.append(f"{len(pages) - len(kept)} more pages are in the artefact: GitHub shows 1 MiB of summary.\n")
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(f"{page}\n" for page in kept)


def annotation(level: str, title: str, message: str, file: str = "") -> str:
    """Return the workflow command of an annotation; `level` is error, warning or notice."""
    place = f"file={_property(file)},line=1," if file else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Let the runner take no line of the log for a command while the block runs: what models say is printed there."""
    token = secrets.token_hex(20)
    print(f"::stop-commands::{token}", flush=True)  # noqa: T201  (standard output is the channel)
    try:
        yield
    finally:
        print(f"\n::{token}::", flush=True)  # noqa: T201  (likewise)


def hand_back(root: Path, since: float) -> None:
    """Give what was written below `root` since then to the owner of `root`, when we are root and the owner is not.

    Otherwise the next checkout on the same machine cannot remove it. Links are given, not followed.
    """
    owner = root.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder) / name
            seen = path.lstat()
            if seen.st_uid == 0 and seen.st_ctime >= since:
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _data(text: str) -> str:
    return printable(text, _MESSAGE_LIMIT).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
