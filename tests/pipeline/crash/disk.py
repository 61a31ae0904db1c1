"""What a disk holds after a power cut: contents as of their last sync, names as of some moment before."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class _File:
    live: bytes = b""
    synced: bytes = b""


@dataclass(slots=True)
class Disk:
    """Built from the changes that a program made below one folder, which was empty before."""

    names: dict[str, _File | None] = field(default_factory=dict)
    """By path; None for a folder."""
    history: list[dict[str, _File | None]] = field(default_factory=lambda: [{}])
    """The names after each change of names: a system may have written down any of these states."""

    def apply(self, operation: str, path: str, other: str, data: bytes, number: int, *, result: int) -> None:
        """Take one change that succeeded. Files are only appended to or cut, as by this program."""
        entry = self.names.get(path)
        if operation == "write" and entry:
            entry.live += data[:result]
        elif operation == "fsync" and entry:
            entry.synced = entry.live
        elif operation == "truncate" and entry:
            entry.live = entry.live[:number]
        elif operation == "create" and entry and number:
            entry.live = b""
        elif operation in ("create", "mkdir", "rename", "unlink"):
            self._rename(operation, path, other)

    def _rename(self, operation: str, path: str, other: str) -> None:
        if operation == "create" and path not in self.names:
            self.names[path] = _File()
        elif operation == "mkdir":
            self.names[path] = None
        elif operation == "rename" and path in self.names:
            self.names[other] = self.names.pop(path)
        elif operation == "unlink":
            self.names.pop(path, None)
        else:
            return
        self.history.append(dict(self.names))

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Leave in `folder` what a power cut may leave: unsynced bytes are gone, or some of the first are there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, entry in chance.choice(self.history).items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if entry is None:
                path.mkdir(exist_ok=True)
                continue
            kept = entry.synced
            if entry.live.startswith(entry.synced):
                kept = entry.live[: chance.randint(len(entry.synced), len(entry.live))]
            path.write_bytes(kept)
