"""What a program prints, read as it comes: both streams at once, within limits, never blocking the program."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Mapping

TAIL_BYTES = 64 << 10
_CHUNK_BYTES = 64 << 10


class Capture:
    """The bytes of one stream since the last mark. Past the limit the middle is dropped; head and tail are kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._head_limit = max(limit - TAIL_BYTES, limit // 2)
        self._head = bytearray()
        self._tail = bytearray()
        self.count = 0
        self.closed = False

    @property
    def is_over(self) -> bool:
        """True when more came than the limit allows."""
        return self.count > self._limit

    @property
    def dropped(self) -> int:
        """How many bytes were not kept."""
        return self.count - len(self._head) - len(self._tail)

    def take(self, data: bytes) -> None:
        """Add what was just read."""
        self.count += len(data)
        room = max(self._head_limit - len(self._head), 0)
        self._head += data[:room]
        self._tail += data[room:]
        kept = self._limit - self._head_limit
        if len(self._tail) > kept:
            del self._tail[: len(self._tail) - kept]

    def mark(self) -> None:
        """Forget what came so far."""
        self._head.clear()
        self._tail.clear()
        self.count = 0

    def all(self) -> bytes:
        """Return what is kept."""
        return bytes(self._head + self._tail)


class Pump(threading.Thread):
    """Moves bytes from file descriptors into captures until all are closed or `stop` is called."""

    def __init__(self, streams: Mapping[int, Capture], changed: threading.Condition) -> None:
        super().__init__(name="pump", daemon=True)
        self._streams = dict(streams)
        self._changed = changed
        self._wake_read, self._wake_write = os.pipe()
        for fd in streams:
            os.set_blocking(fd, False)

    def run(self) -> None:
        """Read until the end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            for fd in self._streams:
                selector.register(fd, selectors.EVENT_READ)
            while len(selector.get_map()) > 1:
                ready = [key.fd for key, _ in selector.select()]
                for fd in ready:
                    if fd != self._wake_read and not self._move(fd):
                        selector.unregister(fd)
                if self._wake_read in ready:
                    return

    def _move(self, fd: int) -> bool:
        """Read once from `fd`; False at its end."""
        capture = self._streams[fd]
        try:
            data = os.read(fd, _CHUNK_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        with self._changed:
            capture.take(data)
            capture.closed = not data
            self._changed.notify_all()
        return bool(data)

    def finish(self, grace_s: float) -> bool:
        """Wait for the end of both streams at most `grace_s`, then stop reading. False when somebody held one open."""
        self.join(grace_s)
        ended = not self.is_alive()
        os.write(self._wake_write, b"x")
        self.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        return ended
