"""Runs `attacker.py` inside a fence, with all that it is after in reach of us: `attack_driver.py FENCE SERVICE_FOLDER`.

A program of its own, so that tests can start it as another user; its environment holds the secret. Prints JSON.
"""

import contextlib
import json
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.run.fence import Fence
from apr_qa.run.isolation import demand, works
from apr_qa.run.process import run
from apr_qa.vocab.command import Command

ATTACKER = Path(__file__).with_name("attacker.py")
LIMIT_S = 60.0


def main(fence: Fence, services: Path) -> None:
    """Say whether the fence works here and what the attacker achieved."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("outside", "work"):
            (root / name).mkdir()
        home = Path.home()
        (home / ".netrc").write_text(os.environ["APR_QA_TEST_TOKEN"], encoding="utf-8")
        (root / "model.gguf").write_text("weights", encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            threading.Thread(target=_answer, args=(udp,), daemon=True).start()
            unix = [socket.socket(socket.AF_UNIX) for _ in range(2)]
            names = (f"\0apr-qa-test-{os.getpid()}", str(services / f"apr-qa-test-{os.getpid()}"))
            for door, name in zip(unix, names, strict=True):
                door.bind(name)
                door.listen()
            places = {
                "netrc": str(home / ".netrc"),
                "outside": str(root / "outside"),
                "model": str(root / "model.gguf"),
                "tcp": tcp.getsockname()[1],
                "udp": udp.getsockname()[1],
                "abstract": names[0][1:],
                "service": names[1],
                "pid": os.getpid(),
            }
            command = Command(argv=(sys.executable, "-I", "-S", str(ATTACKER), json.dumps(places)), timeout_s=LIMIT_S)
            done = run(command, workdir=root / "work", fence=fence)
            Path(names[1]).unlink()
        said = json.loads(done.stdout or b"[]")
        unharmed = not list((root / "outside").iterdir()) and (root / "model.gguf").read_text() == "weights"
        demanded = ""
        try:
            demand()
        except InputError as error:
            demanded = f"{error} {error.remedy}"
        print(
            json.dumps(
                {"demand": demanded, "works": works(fence), "achieved": said, "unharmed": unharmed, "note": done.note}
            )
        )


def _answer(udp: socket.socket) -> None:
    with contextlib.suppress(OSError):  # (closed at the end)
        while True:
            _, sender = udp.recvfrom(9)
            udp.sendto(b"heard", sender)


main(Fence(sys.argv[1]), Path(sys.argv[2]))
