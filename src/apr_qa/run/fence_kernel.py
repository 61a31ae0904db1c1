"""What `fence_program` asks of the Linux kernel, which Python has no words for. Every function raises OSError."""

# ruff: noqa: PTH112  (pathlib takes longer to import than all the rest)
from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)

_NEW_MOUNTS, _NEW_IPC, _NEW_USERS, _NEW_PIDS, _NEW_NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_PRIVATE = 2, 4, 8, 4096, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _ATTR_RDONLY = 442, -100, 0x8000, 1
_LL_CREATE, _LL_ADD, _LL_RESTRICT, _LL_VERSION, _LL_BENEATH = 444, 445, 446, 1, 1
_LL_WRITE_FILE, _LL_TRUNCATE, _LL_CONNECT, _LL_SCOPES = 1 << 1, 1 << 14, 1 << 1, 3
_LL_WRITES = (_LL_WRITE_FILE | sum(1 << bit for bit in range(4, 13)), 1 << 13, _LL_TRUNCATE)
"""Writing, removing, making; since version 2 moving between folders; since version 3 truncating."""
_PR_PDEATHSIG, _PR_CAPBSET_DROP, _PR_NO_NEW_PRIVS = 1, 24, 38
_SIGKILL, _CAPABILITIES = 9, 64
_CAP_VERSION_3 = 0x20080522
_SIOCSIFFLAGS, _UP_LOOPBACK_RUNNING = 0x8914, 0x49
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK, _SOCK_STREAM, _SOCK_DGRAM, _IPPROTO_TCP = 1, 2, 10, 16, 1, 2, 6
_PR_SECCOMP, _IO_URING = 22, 425
SOCKET_CALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: what the kernel calls it, and the number of socket(2)."""
_LEAST_PID_MAX, _PIDS_BY_NAMESPACE = 301, (6, 14)
"""Below, the number of processes is the whole machine's and none of our business."""


def leave() -> bool:
    """Leave the machine's files, network (for a loopback of our own), processes and shared memory.

    Returns True when that took a user namespace, as it does without privileges.
    """
    flags = _NEW_MOUNTS | _NEW_IPC | _NEW_PIDS | _NEW_NET
    own_users = False
    try:
        _call("unshare", flags)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        _call("unshare", flags | _NEW_USERS)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        own_users = True
    door = _call("socket", _AF_INET, _SOCK_DGRAM, 0)
    fcntl.ioctl(door, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _UP_LOOPBACK_RUNNING))
    os.close(door)
    return own_users


def read_only(path: str, *, recursive: bool = False, undo: bool = False) -> None:
    """Make the mount at `path` read-only; if `recursive`, also all below it, unseen by other namespaces."""
    bits = (0, _ATTR_RDONLY) if undo else (_ATTR_RDONLY, 0)
    attributes = struct.pack("=4Q", *bits, _MS_PRIVATE if recursive else 0, 0)
    at, flags, size = ctypes.c_long(_AT_FDCWD), _AT_RECURSIVE if recursive else 0, ctypes.c_size_t(len(attributes))
    _call("syscall", ctypes.c_long(_MOUNT_SETATTR), at, os.fsencode(path), ctypes.c_long(flags), attributes, size)


def bind(source: str, target: str) -> None:
    """Let `target` show what is at `source`."""
    _mount(source, target, "none", _MS_BIND, "")


def tmpfs(path: str, size: int) -> None:
    """An empty folder in memory at `path`, of at most `size` bytes."""
    _mount("tmpfs", path, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode=0755,size={size}")


def own_proc(processes: int) -> None:
    """Show only this namespace's processes in /proc, read-only.

    There are no more than `processes`, where the kernel counts them by namespace (6.14).
    """
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "")
    if processes and tuple(int(word) for word in os.uname().release.split(".")[:2]) >= _PIDS_BY_NAMESPACE:
        _write("/proc/sys/kernel/pid_max", str(max(processes, _LEAST_PID_MAX)))
    read_only("/proc")


def landlock_version() -> int:
    """Return what of Landlock this kernel knows: 4 stops TCP connections, 6 signals and abstract sockets."""
    return _call("syscall", ctypes.c_long(_LL_CREATE), None, ctypes.c_size_t(0), ctypes.c_long(_LL_VERSION))


def landlock(workdir: str, folders: list[str], nodes: list[str]) -> None:
    """Forbid this process and its children to write outside `workdir`, `folders` and `nodes`, and to reach others.

    These are TCP connections (since version 4), signals and abstract sockets (6), and looking into processes.
    """
    version = landlock_version()
    writes = sum(_LL_WRITES[: min(version, 3)])
    rules = struct.pack("=3Q", writes, _LL_CONNECT if version >= 4 else 0, _LL_SCOPES if version >= 6 else 0)
    size = ctypes.c_size_t(8 if version < 4 else 16 if version < 6 else 24)
    ruleset = _call("syscall", ctypes.c_long(_LL_CREATE), rules, size, ctypes.c_long(0))
    file_writes = writes & (_LL_WRITE_FILE | _LL_TRUNCATE)
    there = [(path, writes) for path in (workdir, *folders) if os.path.isdir(path)]
    for path, allowed in (*there, *((node, file_writes) for node in nodes)):
        rule = struct.pack("=Qi", allowed, os.open(path, os.O_PATH | os.O_CLOEXEC))
        beneath = ctypes.c_long(_LL_BENEATH)
        _call("syscall", ctypes.c_long(_LL_ADD), ctypes.c_long(ruleset), beneath, rule, ctypes.c_long(0))
    _prctl(_PR_NO_NEW_PRIVS, 1)
    _call("syscall", ctypes.c_long(_LL_RESTRICT), ctypes.c_long(ruleset), ctypes.c_long(0))


def only_tcp_sockets() -> None:
    """Refuse every socket but local ones and TCP (which `landlock` keeps from connecting), and io_uring, the way round.

    An architecture whose call numbers we do not know gets nothing refused. Source: seccomp(2).
    """
    known = SOCKET_CALLS.get(os.uname().machine)
    if not known:
        return
    audit, socket_call = known
    steps = (
        *(_load(4), _unless(audit, "refuse"), _load(0), _when_from(1 << 30, "refuse"), _when(_IO_URING, "refuse")),
        *(_unless(socket_call, "allow"), _load(16), _when(_AF_UNIX, "allow"), _when(_AF_NETLINK, "allow")),
        *(_when(_AF_INET, "stream"), _unless(_AF_INET6, "refuse")),
        *("stream", _load(24), (0x54, 0xF, "", ""), _unless(_SOCK_STREAM, "refuse")),
        *(_load(32), _when(0, "allow"), _unless(_IPPROTO_TCP, "refuse")),
        *("allow", (0x06, 0x7FFF0000, "", ""), "refuse", (0x06, 0x00050000 | errno.EPERM, "", "")),
    )
    code = [step for step in steps if not isinstance(step, str)]
    names = [n for n, step in enumerate(steps) if isinstance(step, str)]
    place = {steps[n]: n - before for before, n in enumerate(names)}
    packed = b"".join(
        struct.pack("=HBBI", operation, *(place[t] - n - 1 if t else 0 for t in (yes, no)), value)
        for n, (operation, value, yes, no) in enumerate(code)
    )
    held = ctypes.create_string_buffer(packed, len(packed))
    program = struct.pack("=HxxxxxxQ", len(code), ctypes.addressof(held))
    _prctl(_PR_NO_NEW_PRIVS, 1)
    where = ctypes.create_string_buffer(program, len(program))
    words = (ctypes.c_ulong(2), ctypes.c_ulong(ctypes.addressof(where)), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _call("prctl", ctypes.c_int(_PR_SECCOMP), *words)


_Step = tuple[int, int, str, str]
"""Operation, value, where to when it holds, where to when it does not; nowhere: on."""


def _load(offset: int) -> _Step:
    return (0x20, offset, "", "")


def _when(value: int, to: str) -> _Step:
    return (0x15, value, to, "")


def _unless(value: int, to: str) -> _Step:
    return (0x15, value, "", to)


def _when_from(value: int, to: str) -> _Step:
    return (0x35, value, to, "")


def drop_privileges() -> None:
    """Give up every capability, root's too, and the way to new ones."""
    if os.geteuid() == 0:
        for capability in range(_CAPABILITIES):
            # It fails for capabilities that this kernel does not know, and where there is nothing to drop.
            _LIBC.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), *(ctypes.c_ulong(0),) * 3)
    _call("capset", struct.pack("=Ii", _CAP_VERSION_3, 0), bytes(24))
    _prctl(_PR_NO_NEW_PRIVS, 1)


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    _prctl(_PR_PDEATHSIG, _SIGKILL)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _prctl(option: int, value: int) -> None:
    _call("prctl", ctypes.c_int(option), *(ctypes.c_ulong(word) for word in (value, 0, 0, 0)))


def _mount(source: str, target: str, kind: str, flags: int, data: str) -> None:
    words = [os.fsencode(word) for word in (source, target, kind)]
    _call("mount", *words, ctypes.c_ulong(flags), data.encode() or None)


def _call(name: str, *arguments: object) -> int:
    result = int(getattr(_LIBC, name)(*arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result
