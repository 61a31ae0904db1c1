"""The one way out: JSON Lines on the standard output that we were started with.

Native libraries print where they like. The real standard output is set aside for the protocol, and whatever else is
written to file descriptor 1 goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

LINE_LIMIT_BYTES = 64 << 20


class Channel:
    """Writes JSON Lines to the caller; reads them from standard input."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        os.dup2(2, 1)

    def say(self, value: dict[str, object]) -> None:
        """Write `value` as one line. Characters outside ASCII are escaped, so that half a character survives."""
        self._out.write(json.dumps(value, allow_nan=False) + "\n")
        self._out.flush()

    def text(self, line: str) -> None:
        """Write `line` as it is."""
        self._out.write(line + "\n")
        self._out.flush()

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of standard input that are not blank; an overlong line is yielded cut."""
        while line := sys.stdin.buffer.readline(LINE_LIMIT_BYTES):
            if line.strip():
                yield line

    def everything(self) -> bytes:
        """Return standard input to its end, up to the limit."""
        return sys.stdin.buffer.read(LINE_LIMIT_BYTES)
