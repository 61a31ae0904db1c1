"""The lock file: the digest of each playbook, so that none changes unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from apr_qa.errors import InputError
from apr_qa.files import read_text, sha256_file, write_text

LOCK_NAME = "playbook.lock.yaml"
_SUFFIX = ".playbook.yaml"
_REMEDY = "`apr-qa lock-playbooks` writes it anew after a review of what changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A playbook that is not as it was locked."""

    path: str
    """Relative to the locked folder."""
    problem: str


def lock_text(folder: Path) -> str:
    """Return the lock file for every `*.playbook.yaml` below `folder`, sorted by path. Raises OSError."""
    entries = {name: {"sha256": sha256_file(folder / name)} for name in _playbooks(folder)}
    return str(yaml.safe_dump({"version": 1, "entries": entries}, sort_keys=True))


def write_lock(folder: Path) -> Path:
    """Write the lock file of `folder` and return its path. Raises WorkspaceError."""
    path = folder / LOCK_NAME
    write_text(path, lock_text(folder))
    return path


def verify_lock(folder: Path) -> tuple[Drift, ...]:
    """Return what differs from the lock file: changed, new and vanished playbooks. Raises InputError without one."""
    locked = _read_lock(folder / LOCK_NAME)
    found = _playbooks(folder)
    drifts = [_drift(folder, name, locked) for name in found]
    gone = [Drift(path=name, problem="is locked but not there") for name in locked if name not in found]
    return (*(drift for drift in drifts if drift), *gone)


def locked_as(path: Path, folder: Path) -> str:
    """Return why the playbook `path` does not count as locked in `folder`, or an empty text when it does."""
    locked = _read_lock(folder / LOCK_NAME)
    drift = _drift(folder, path.resolve().relative_to(folder.resolve()).as_posix(), locked)
    return drift.problem if drift else ""


def _playbooks(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob(f"*{_SUFFIX}"))


def _drift(folder: Path, name: str, locked: Mapping[str, str]) -> Drift | None:
    if name not in locked:
        return Drift(path=name, problem="is not locked")
    same = sha256_file(folder / name) == locked[name]
    return None if same else Drift(path=name, problem="changed since it was locked")


def _read_lock(path: Path) -> dict[str, str]:
    text = read_text(path, "lock file")
    try:
        data = yaml.safe_load(text)
        return {str(name): str(entry["sha256"]) for name, entry in data["entries"].items()}
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        raise InputError("this is not a lock file of playbooks", where=str(path), remedy=_REMEDY) from None
