"""A malicious engine: tries what it must not be able to do, and prints as JSON the names of what it achieved.

Started as `attacker.py PLACES`, JSON of where the tests keep what it is after.
"""

import contextlib
import ctypes
import json
import os
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

PLACES = json.loads(sys.argv[1])
SECRET = b"s3cret-" + b"value"  # in two pieces, so that our own command line is no find


def own_environment() -> bool:
    return any(SECRET.decode() in value for value in os.environ.values())


def environment_of_others() -> bool:
    found = False
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            found |= entry.name.isdigit() and SECRET in (entry / "environ").read_bytes()
    return found


def file_of_home() -> bool:
    return SECRET in Path(PLACES["netrc"]).read_bytes()


def write_outside() -> bool:
    return Path(PLACES["outside"], "mine").write_text("mine") > 0


def write_to_the_model() -> bool:
    return Path(PLACES["model"]).write_text("mine") > 0


def remount_and_write() -> bool:
    libc = ctypes.CDLL(None)
    libc.unshare(0x10000000 | 0x20000)
    libc.mount(b"none", b"/", b"none", 32 | 4096, None)
    return write_outside()


def disks_in_sight() -> bool:
    return any(stat.S_ISBLK(node.stat().st_mode) for node in Path("/dev").iterdir())


def loopback_tcp() -> bool:
    socket.create_connection(("127.0.0.1", PLACES["tcp"]), timeout=2).close()
    return True


def loopback_udp() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(0.5)
        door.sendto(b"here", ("127.0.0.1", PLACES["udp"]))
        return door.recv(9) == b"heard"


def abstract_socket() -> bool:
    with socket.socket(socket.AF_UNIX) as door:
        door.connect("\0" + PLACES["abstract"])
    return True


def service_socket() -> bool:
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(PLACES["service"])
    return True


def signal_others() -> bool:
    os.kill(PLACES["pid"], 0)
    return True


def own_folder() -> bool:
    """The control: this one is allowed."""
    return Path("mine").write_text("mine") > 0 and Path("/dev/null").write_text("x") > 0


ATTEMPTS: tuple[Callable[[], bool], ...] = (
    own_environment,
    environment_of_others,
    file_of_home,
    write_outside,
    write_to_the_model,
    disks_in_sight,
    loopback_tcp,
    loopback_udp,
    abstract_socket,
    service_socket,
    signal_others,
    own_folder,
    remount_and_write,
)


def main() -> None:
    """Try all, the one that changes our own state last."""
    achieved = []
    for attempt in ATTEMPTS:
        with contextlib.suppress(OSError, KeyError, AttributeError):
            if attempt():
                achieved.append(attempt.__name__)
    print(json.dumps(achieved))


main()
