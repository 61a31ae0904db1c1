"""The model's own files are read-only to every run: were they changed while engines had them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apr_qa.files import sha256_file
from apr_qa.vocab.artefacts import ModelFiles

_Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files of a model before engines are let at them."""

    root: Path
    marks: Mapping[str, _Mark]
    """By name below the root: inode, size, times of the last change of contents and of attributes."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by the same names, as far as known."""
    own: str = ""
    """The run's own folder by the same names, when it is below the root: what is written there is ours."""


def snapshot(files: ModelFiles, own: Path | None = None) -> Snapshot:
    """Return the state of all files below the model's root, but for those below `own`, the run's own folder."""
    root = files.root.resolve()
    inside = own.resolve() if own else root
    name = inside.relative_to(root).as_posix() if inside != root and inside.is_relative_to(root) else ""
    return Snapshot(root=files.root, marks=_marks(files.root, name), digests=files.digests, own=name)


def changed(before: Snapshot) -> tuple[str, ...]:
    """Return one sentence for each file that is not as it was: changed, gone, or new. Empty: untouched.

    The kernel notes every change in a time that programs cannot set, so only files with another one are read again.
    """
    after = _marks(before.root, before.own)
    gone = [f"{name} is gone" for name in before.marks if name not in after]
    new = [f"{name} is new" for name in after if name not in before.marks]
    other = [
        f"{name} has other contents"
        for name, mark in before.marks.items()
        if name in after and mark != after[name] and not _is_as_before(before, name)
    ]
    return tuple(sorted(gone + new + other))


def _is_as_before(before: Snapshot, name: str) -> bool:
    """False also when the digest from before is not known: a touched file is then called changed."""
    try:
        return sha256_file(before.root / name) == before.digests.get(name)
    except OSError:
        return False


def _marks(root: Path, own: str) -> dict[str, _Mark]:
    marks: dict[str, _Mark] = {}
    for path in sorted(root.rglob("*")):
        try:
            stat = path.stat()
        except OSError:
            continue
        name = path.relative_to(root)
        if path.is_file() and not (own and name.is_relative_to(own)):
            marks[name.as_posix()] = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return marks
