"""For all tests: each process computes on one thread; an ear for what engines, who can write no file, have to tell."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # shells start background jobs so, and programs inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

_MARK = b"\x01"


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A named pipe `pipe` that engines may write to; what came stands in the file `log`, which is not there before.

    `tell` is code for an engine that says `x` and goes on when that was written down; `heard()` waits for what was said
    so far and returns it.
    """
    pipe, log = tmp_path / "ear", tmp_path / "heard"
    os.mkfifo(pipe)
    pipe.chmod(0o622)
    descriptor = os.open(pipe, os.O_RDWR)

    def heard() -> str:
        before = log.read_bytes().count(_MARK) if log.exists() else 0
        os.write(descriptor, _MARK)
        while not log.exists() or log.read_bytes().count(_MARK) == before:
            time.sleep(0.01)
        return log.read_bytes().replace(_MARK, b"").decode()

    def listen() -> None:
        while (said := os.read(descriptor, 1 << 16)) != b"\0":
            with log.open("ab") as stream:
                stream.write(said)

    listener = threading.Thread(target=listen)
    listener.start()
    tell = f"n = os.path.exists({str(log)!r}) and os.stat({str(log)!r}).st_size; open({str(pipe)!r}, 'w').write('x')\n"
    tell += f"while not os.path.exists({str(log)!r}) or os.stat({str(log)!r}).st_size == n: time.sleep(0.01)"
    yield SimpleNamespace(pipe=pipe, log=log, tell=tell, heard=heard)
    os.write(descriptor, b"\0")
    listener.join()
    os.close(descriptor)
