"""The playbook folder: generated files, schemas and the lock that says which are as reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.files import read_text, write_text
from apr_qa.playbook import generate
from apr_qa.playbook.lock import LOCK_NAME, Drift, locked_as, verify_lock, write_lock

HOME = Path("playbooks")
MODELS = "models"
_MADE = "# Made by `apr-qa generate-playbooks`;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One generated file that is not as the catalogue says."""

    path: Path
    what: str
    """`new`, `changed` or `left over`."""


def changes(folder: Path) -> tuple[Change, ...]:
    """Return how the generated playbooks in `folder` differ from the catalogue; files made by hand do not count."""
    return tuple(_changes(folder))


def _changes(folder: Path) -> Iterator[Change]:
    wanted = generate.generated()
    for name, text in wanted.items():
        path = folder / name
        if not path.is_file():
            yield Change(path=path, what="new")
        elif path.read_bytes() != text.encode():
            yield Change(path=path, what="changed")
    for path in sorted(folder.glob(f"*{generate.SUFFIX}")) if folder.is_dir() else []:
        if path.name not in wanted and _MADE in read_text(path, "playbook")[:400]:
            yield Change(path=path, what="left over")


def bring_up_to_date(folder: Path) -> tuple[Change, ...]:
    """Write, rewrite and remove generated playbooks; return what was done. Raises WorkspaceError."""
    found = changes(folder)
    wanted = generate.generated()
    for change in found:
        if change.path.name in wanted:
            write_text(change.path, wanted[change.path.name])
        else:
            change.path.unlink()
    return found


def lock_home(folder: Path) -> Path:
    """Return the folder that holds the lock: `playbooks` for `playbooks/models`. Raises InputError without a folder."""
    if not folder.is_dir():
        raise InputError("no such folder of playbooks", where=str(folder), remedy="apr-qa lock-playbooks playbooks")
    return folder.resolve().parent if folder.resolve().name == MODELS else folder


def lock(folder: Path) -> Path:
    """Write the lock of all playbooks below the lock's folder; return its path. Raises InputError, WorkspaceError."""
    return write_lock(lock_home(folder))


def drifts(folder: Path) -> tuple[Drift, ...]:
    """Return what differs from the lock. Raises InputError without a lock."""
    return verify_lock(lock_home(folder))


def unlocked(path: Path, *, allow: bool) -> str:
    """Return why the playbook `path` does not count as reviewed, for the evidence; empty when it does.

    Without a lock in a folder above it, nothing is said of it. Raises InputError for one that changed since it was
    locked, unless `allow`. One that was never locked may run.
    """
    home = next((folder for folder in path.resolve().parents if (folder / LOCK_NAME).is_file()), None)
    if home is None or not path.name.endswith(generate.SUFFIX) or not path.is_file():
        return ""
    problem = locked_as(path, home)
    if problem.startswith("changed") and not allow:
        raise InputError(
            f"this playbook {problem}",
            where=str(path),
            remedy=f"Review what changed, then `apr-qa lock-playbooks {home.name}`; or --allow-unlocked, which the"
            " evidence records.",
        )
    return problem
