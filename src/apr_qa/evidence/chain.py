"""The chain: every line names the SHA-256 of the line before, so that no line can be changed, lost or put between."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from apr_qa.errors import InputError

_START = re.compile(rb'\{"kind":"([a-z]+)","prev":"([0-9a-f]{64})?",')

BROKEN_REMEDY = "Restore the file from a copy, or run again with --fresh."


def hash_of(line: bytes) -> str:
    """Return the SHA-256 of a line without its line end, in hex."""
    return hashlib.sha256(line).hexdigest()


@dataclass(slots=True)
class Chain:
    """How far a chain has been followed: lines seen, hash of the last one."""

    where: str
    lines: int = 0
    head: str = ""

    def follow(self, line: bytes) -> str:
        """Take the next line and return its kind. Raises InputError when it does not follow from the line before."""
        number = self.lines + 1
        start = _START.match(line)
        if start is None:
            raise InputError(f"record {number} is no line of evidence", where=self.where, remedy=BROKEN_REMEDY)
        kind = start[1].decode()
        if (start[2] or b"").decode() != self.head or (kind == "run") is not (number == 1):
            raise InputError(
                f"record {number} ({kind}) does not follow from the record before it: one of them was changed or lost",
                where=self.where,
                remedy=BROKEN_REMEDY,
            )
        self.add(line)
        return kind

    def add(self, line: bytes) -> None:
        """Take a line that we wrote ourselves."""
        self.lines += 1
        self.head = hash_of(line)
