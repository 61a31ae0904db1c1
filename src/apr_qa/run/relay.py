"""Our way to a server inside a network namespace of its own."""

from __future__ import annotations

import contextlib
import socket  # noqa: TID251  (the listener is opened outside and handed to the relay)
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from apr_qa.run import relay_program
from apr_qa.run.isolation import is_inside
from apr_qa.run.process import Child
from apr_qa.run.spawn import NotStarted
from apr_qa.vocab.command import Command

_PAUSE_S = 0.002


@contextlib.contextmanager
def relay(server: Child, port: int, workdir: Path, deadline: float) -> Iterator[int]:
    """A port of this machine's loopback that leads to `port` inside the server's namespace. Raises NotStarted."""
    while server.is_alive and not is_inside(server.pid):
        if time.monotonic() > deadline:
            raise NotStarted("the server did not get a network of its own")
        time.sleep(_PAUSE_S)
    program = str(Path(relay_program.__file__))
    command = Command(argv=(sys.executable, "-I", "-S", program, str(server.pid), str(port)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outside = int(listener.getsockname()[1])
        child = Child(command, workdir=workdir, stdin=listener.fileno())
    with child:
        yield outside
