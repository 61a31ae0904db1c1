"""A program of its own, run inside the network namespace of a server: hands connections on to the server's port.

Standard input is a listening socket that was opened outside, so that we are reached from there and nobody else is.
Standard library only: it is started as `python -I -S relay_program.py PORT`.
"""

from __future__ import annotations

import contextlib
import socket  # noqa: TID251  (it is our client's way into the namespace)
import sys
import threading

_CHUNK_BYTES = 64 << 10
_CONNECT_S = 5.0


def main() -> None:
    """Serve until ended."""
    port = int(sys.argv[1])
    listener = socket.socket(fileno=0)
    while True:
        outer, _ = listener.accept()
        threading.Thread(target=_hand_on, args=(outer, port), daemon=True).start()


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
