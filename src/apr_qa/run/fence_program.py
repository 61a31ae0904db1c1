"""A program of its own that puts a fence around an engine; `fence.prefix` gives the words that start it.

In namespaces it stays as the parent of the engine's first process, so that whatever the engine started ends with it,
and writes what it saw to the report's descriptor: `status=0 peak=BYTES left=PROCESSES`, or `failed=WHY` when there was
nothing to see. Otherwise it becomes the engine. It imports little, since every engine's start waits for it.
Sources: unshare(2), mount_setattr(2), landlock(7), capabilities(7).
"""

# ruff: noqa: PTH102, PTH103, PTH110, PTH112, PTH116, PTH120, PTH123, PTH208, PTH211  (pathlib is slow to import)
from __future__ import annotations

import os
import resource
import signal
import stat
import sys
from contextlib import suppress
from typing import NamedTuple, NoReturn

sys.path.insert(0, __file__.removesuffix("/apr_qa/run/fence_program.py"))  # isolated from everything but this package

from apr_qa.run import fence_kernel as kernel

_LIMITS = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_DATA)
_SHM = "/dev/shm"  # noqa: S108  (of the engine's own)
_SHM_BYTES, _SMALL_BYTES = 1 << 30, 1 << 20
_NODES = ("null", "zero", "full", "random", "urandom", "kfd")
_GPU_PREFIX, _GPU_FOLDERS = "nvidia", ("nvidia-caps", "dri", "accel")


class Spec(NamedTuple):
    """What the first words say."""

    fence: str
    report: int
    """Descriptor."""
    parent: int
    """The process that wants the engine, and without whom nobody does."""
    workdir: str
    limits: tuple[int, int, int]
    """Bytes: core files, files, private memory."""
    processes: int
    """How many, 0: no limit."""
    of_user: bool
    """Count all processes of the user, where there are no namespaces."""
    masks: list[str]
    """Folders and files to hide."""


def main() -> NoReturn:
    """Set up the fence, then run the program inside. Ends with 127 and a report when that is not possible."""
    words, argv = sys.argv[1:11], sys.argv[11:]
    report, parent, core, file, data, processes = (int(words[place]) for place in (1, 2, 4, 5, 6, 7))
    masks = words[9].split(":") if words[9] else []
    spec = Spec(words[0], report, parent, words[3], (core, file, data), processes, words[8] == "user", masks)
    os.set_inheritable(spec.report, False)
    try:
        for kind, value in zip(_LIMITS, spec.limits, strict=True):
            _limit(kind, value)
        if spec.processes and spec.of_user:
            _limit(resource.RLIMIT_NPROC, spec.processes)
        if spec.fence == "namespaces":
            _namespaces(spec, argv)
        if spec.fence == "landlock":
            kernel.landlock(spec.workdir, [_SHM], _nodes())
            kernel.only_tcp_sockets()
        _become(spec, argv)
    except OSError as error:
        _fail(spec, error)


def _namespaces(spec: Spec, argv: list[str]) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is meant for the engine
    own_users = kernel.leave()
    if own_users and spec.processes:
        _limit(resource.RLIMIT_NPROC, spec.processes)
    _die_with_parent(spec)
    living, held = os.pipe()
    first = os.fork()
    if not first:
        os.close(held)
        _first(spec, argv, living)
    os.close(spec.report)
    _let_go()
    os.waitpid(first, 0)
    os._exit(0)


def _first(spec: Spec, argv: list[str], living: int) -> NoReturn:
    """Process 1 of the namespace: makes the engine's view of the machine, starts it, reaps, tells how it ended.

    `living` is a pipe that ends with the parent, whose process id says nothing in here.
    """
    try:
        kernel.die_with_parent()
        os.set_blocking(living, False)
        with suppress(BlockingIOError):
            os.read(living, 1)
            os._exit(0)
        _view(spec, argv)
        engine = os.fork()
        if not engine:
            _become(None, argv)
    except OSError as error:
        _fail(spec, error)
    _let_go()
    ended = 0
    while ended != engine:
        ended, status, usage = os.wait4(-1, 0)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = usage.ru_maxrss << 10 if usage.ru_maxrss > own else 0
    seen = f"status={os.waitstatus_to_exitcode(status)} peak={peak} left={_others()}"
    os.write(spec.report, seen.encode() + b"\n")
    os._exit(0)


def _become(spec: Spec | None, argv: list[str]) -> NoReturn:
    """Turn into the engine, without privileges and with the signals as they were. Raises OSError."""
    for number in (signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    kernel.drop_privileges()
    if spec:
        _die_with_parent(spec)
    try:
        os.execvp(argv[0], argv)  # noqa: S606  (it is what this program is for)
    except OSError as error:
        raise OSError(error.errno, f"{argv[0]}: {error.strerror}") from None


def _die_with_parent(spec: Spec) -> None:
    kernel.die_with_parent()
    if os.getppid() != spec.parent:  # it ended before we could say so
        os._exit(0)


def _view(spec: Spec, argv: list[str]) -> None:
    """All files read-only but the working folder; devices, processes, sockets and secrets of others out of sight."""
    kernel.read_only("/", recursive=True)
    kernel.bind(spec.workdir, spec.workdir)
    kernel.read_only(spec.workdir, undo=True)
    needed = {folder: os.open(folder, os.O_PATH) for folder in _folders([*argv, spec.workdir])}
    _devices()
    folders = [path for path in spec.masks if os.path.isdir(path)]
    for path in spec.masks:
        if path in folders:
            kernel.tmpfs(path, _SMALL_BYTES)
        else:
            kernel.bind(os.devnull, path)
    for folder, descriptor in needed.items():
        if not os.path.exists(folder):
            os.makedirs(folder)
            kernel.bind(f"/proc/self/fd/{descriptor}", folder)
        os.close(descriptor)
    for path in ("/dev", *folders):
        kernel.read_only(path)
    os.chdir(spec.workdir)
    kernel.own_proc(spec.processes)


def _devices() -> None:
    """Only those that hold nothing, and accelerators."""
    sources = {node: os.open(node, os.O_PATH) for node in _nodes()}
    kernel.tmpfs("/dev", _SMALL_BYTES)
    for node, source in sources.items():
        os.makedirs(os.path.dirname(node), exist_ok=True)
        os.mknod(node)
        kernel.bind(f"/proc/self/fd/{source}", node)
        os.close(source)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"/dev/{name}")
    os.mkdir(_SHM)
    kernel.tmpfs(_SHM, _SHM_BYTES)


def _folders(paths: list[str]) -> list[str]:
    """The folders of what the command names, so that they stay in sight wherever they lie."""
    there = {path for path in paths if path.startswith("/") and os.path.exists(path)}
    return sorted({path if os.path.isdir(path) else os.path.dirname(path) for path in there})


def _nodes() -> list[str]:
    inside = [f"{folder}/{n}" for folder in _GPU_FOLDERS if os.path.isdir(f"/dev/{folder}") for n in _list(folder)]
    names = [name for name in _list("") if name in _NODES or name.startswith(_GPU_PREFIX)]
    paths = [f"/dev/{name}" for name in (*names, *inside)]
    return [path for path in paths if stat.S_ISCHR(os.stat(path).st_mode)]


def _list(folder: str) -> list[str]:
    return sorted(os.listdir(f"/dev/{folder}"))


def _others() -> int:
    """How many processes of this namespace besides this one still live."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stream:
                    count += stream.read().rpartition(")")[2][1:2] != "Z"
            except OSError:
                continue
    return count


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))


def _let_go() -> None:
    """Hold none of the engine's pipes, so that it can close them itself."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.close(null)


def _fail(spec: Spec, error: OSError) -> NoReturn:
    os.write(spec.report, f"failed={error}\n".encode(errors="replace"))
    os._exit(127)


if __name__ == "__main__":
    main()
