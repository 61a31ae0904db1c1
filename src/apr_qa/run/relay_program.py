"""A program of its own that goes into the network namespace of a server and hands connections on to the server's port.

Standard input is a listening socket that was opened outside, so that we are reached from there and nobody else is.
Standard library only: it is started as `python -I -S relay_program.py PID PORT`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket  # noqa: TID251  (it is our client's way into the namespace)
import sys
import threading
from pathlib import Path

_CHUNK_BYTES = 64 << 10
_CONNECT_S = 5.0
_PDEATHSIG, _SIGKILL = 1, 9


def main() -> None:
    """Serve until ended."""
    _enter(int(sys.argv[1]))
    port = int(sys.argv[2])
    listener = socket.socket(fileno=0)
    while True:
        outer, _ = listener.accept()
        threading.Thread(target=_hand_on, args=(outer, port), daemon=True).start()


def _enter(pid: int) -> None:
    """Go where the program `pid` is, and end with the thread that started us. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    for kind in ("user", "net"):
        there, here = Path(f"/proc/{pid}/ns/{kind}"), Path(f"/proc/self/ns/{kind}")
        if there.readlink() != here.readlink():
            with there.open("rb") as namespace:
                if libc.setns(namespace.fileno(), 0):
                    raise OSError(ctypes.get_errno(), f"setns: {os.strerror(ctypes.get_errno())}")
    libc.prctl(_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _hand_on(outer: socket.socket, port: int) -> None:
    with outer:
        try:
            inner = socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_S)
        except OSError:
            return  # the client sees a lost connection, as it would without us
        with inner:
            inner.settimeout(None)
            for side in (inner, outer):  # small pieces go on at once: we must not slow a server down
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_copy, args=(inner, outer), daemon=True)
            back.start()
            _copy(outer, inner)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
