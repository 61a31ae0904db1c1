"""Watches what no limit of the system holds everywhere: how many processes an engine has, how much it wrote in all."""

from __future__ import annotations

import os
import time
from pathlib import Path

from apr_qa.run import strays
from apr_qa.run.fence import process_limit
from apr_qa.vocab.command import Command

FILES = 2
"""All files together may have so many times the size of the largest one allowed."""
_EVERY_S = 0.5


class Excess:
    """One program's processes and working folder, looked at now and then."""

    def __init__(self, leader: int, mark: str, command: Command, folder: Path) -> None:
        self.what = ""
        """What was too much; empty as long as nothing was."""
        self._leader, self._mark, self._folder = leader, mark, folder
        self._processes = command.process_limit or process_limit()
        self._bytes = FILES * command.file_limit_bytes
        self._next = time.monotonic() + _EVERY_S

    def noticed(self) -> bool:
        """True once there was too much. Cheap when asked often."""
        if not self.what and time.monotonic() >= self._next:
            self.what = self._look()
            self._next = time.monotonic() + _EVERY_S
        return bool(self.what)

    def _look(self) -> str:
        if strays.count_kin(self._leader, self._mark) > self._processes:
            return f"more than {self._processes} processes"
        written = 0
        for folder, _, names in os.walk(self._folder):
            for name in names:
                try:
                    written += os.lstat(Path(folder, name)).st_blocks * 512
                except OSError:  # (gone meanwhile)
                    continue
            if written > self._bytes:
                return f"more than {self._bytes >> 20} MiB written to its working folder"
        return ""
