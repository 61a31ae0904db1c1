"""Runs work in a process whose changes to files are counted, stopped or refused, one by one (ptrace, Linux x86-64)."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from disk import Disk

IS_POSSIBLE = sys.platform == "linux" and platform.machine() == "x86_64"
_LIBC = ctypes.CDLL(None, use_errno=True) if IS_POSSIBLE else None
_TRACEME, _POKEUSER, _SYSCALL, _SETOPTIONS, _INFO = 0, 6, 24, 0x4200, 0x420E
_OPTIONS = 1 | 1 << 20
"""Tell stops at calls from others; kill the process when we end."""
_STOP = signal.SIGTRAP | 0x80
_ENTRY, _EXIT = 1, 2
_ORIG_RAX, _RAX = 15 * 8, 10 * 8
_O_CREAT, _O_TRUNC = os.O_CREAT, os.O_TRUNC
_BY_DESCRIPTOR = {1: "write", 18: "write", 74: "fsync", 75: "fsync", 77: "truncate", 91: "chmod"}
_BY_PATH = {82: "rename", 83: "mkdir", 87: "unlink", 84: "unlink", 90: "chmod"}
_BY_FOLDER_AND_PATH = {257: "create", 258: "mkdir", 263: "unlink", 264: "rename", 316: "rename"}
NEEDS_SPACE = ("write", "create", "mkdir", "fsync")


_Change = tuple[str, str, str, bytes, int]
"""Operation, path, other path, data, offset or size."""


class Kind(StrEnum):
    """What goes wrong."""

    NONE = "nothing"
    KILL = "SIGKILL"
    FULL = "disk full"
    EIO = "I/O error"
    POWER = "power cut"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at which change, counted from 1."""

    kind: Kind = Kind.NONE
    at: int = 0

    def errno_of(self, number: int, operation: str) -> int:
        """The error that change `number` fails with; 0 for none."""
        if self.kind is Kind.FULL and number >= self.at and operation in NEEDS_SPACE:
            return errno.ENOSPC
        return errno.EIO if self.kind is Kind.EIO and number == self.at else 0


@dataclass(slots=True)
class Traced:
    """What was seen."""

    changes: int = 0
    status: int = 0
    """Exit status; minus the signal."""
    disk: Disk = field(default_factory=Disk)


def traced(work: Callable[[], int], folder: Path, fault: Fault) -> Traced:
    """Run `work` in a process of its own and let `fault` happen to its changes of what is below `folder`."""
    pid = os.fork()
    if not pid:
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(work())
    os.waitpid(pid, 0)
    _ptrace(_SETOPTIONS, pid, 0, _OPTIONS)
    return _Tracer(pid, folder, fault).follow()


class _Tracer:
    def __init__(self, pid: int, folder: Path, fault: Fault) -> None:
        self.pid, self.folder, self.fault = pid, str(folder), fault
        self.seen = Traced()
        self.pending: _Change | None = None
        self.refused = 0

    def follow(self) -> Traced:
        passed_on = 0
        while True:
            with suppress(ProcessLookupError):  # (killed meanwhile)
                _ptrace(_SYSCALL, self.pid, 0, passed_on)
            _, status = os.waitpid(self.pid, 0)
            if not os.WIFSTOPPED(status):
                self.seen.status = os.waitstatus_to_exitcode(status)
                return self.seen
            is_call = os.WSTOPSIG(status) == _STOP
            passed_on = 0 if is_call else os.WSTOPSIG(status)
            if is_call:
                self._call()

    def _call(self) -> None:
        """A system call begins or has ended."""
        operation, number, arguments, result = self._info()
        if operation == _ENTRY:
            self.pending = self._change(number, arguments)
            self.refused = self._enter(self.pending[0]) if self.pending else 0
        elif self.refused:
            _ptrace(_POKEUSER, self.pid, _RAX, -self.refused)
        elif self.pending and result >= 0:
            self.seen.disk.apply(*self.pending, result=result)

    def _enter(self, operation: str) -> int:
        """Count the change; kill, or return the error that it is refused with."""
        self.seen.changes += 1
        if self.fault.kind in (Kind.KILL, Kind.POWER) and self.seen.changes == self.fault.at:
            os.kill(self.pid, signal.SIGKILL)
        refused = self.fault.errno_of(self.seen.changes, operation)
        if refused:
            _ptrace(_POKEUSER, self.pid, _ORIG_RAX, -1)
        return refused

    def _info(self) -> tuple[int, int, tuple[int, ...], int]:
        buffer = ctypes.create_string_buffer(88)
        _ptrace(_INFO, self.pid, 88, ctypes.addressof(buffer))
        operation = buffer.raw[0]
        words = struct.unpack_from("=7Q", buffer.raw, 24)
        (result,) = struct.unpack_from("=q", buffer.raw, 24)
        return operation, words[0], words[1:], result

    def _change(self, number: int, arguments: tuple[int, ...]) -> _Change | None:
        """The change that a call would make below the folder."""
        if operation := _BY_DESCRIPTOR.get(number):
            path = self._open_path(arguments[0])
            data = self._memory(arguments[1], arguments[2]) if operation == "write" and self._is_ours(path) else b""
            change = (operation, path, "", data, arguments[1] if operation == "truncate" else 0)
        elif operation := _BY_PATH.get(number):
            other = self._path(arguments[1]) if operation == "rename" else ""
            change = (operation, self._path(arguments[0]), other, b"", 0)
        elif operation := _BY_FOLDER_AND_PATH.get(number):
            if operation == "create" and not arguments[2] & (_O_CREAT | _O_TRUNC):
                return None
            other = self._path(arguments[3]) if operation == "rename" else ""
            truncates = int(operation == "create" and bool(arguments[2] & _O_TRUNC))
            change = (operation, self._path(arguments[1]), other, b"", truncates)
        else:
            return None
        return change if self._is_ours(change[1]) else None

    def _is_ours(self, path: str) -> bool:
        return path.startswith(self.folder)

    def _open_path(self, descriptor: int) -> str:
        try:
            return str(Path(f"/proc/{self.pid}/fd/{descriptor & 0xFFFFFFFF}").readlink())
        except OSError:
            return ""

    def _path(self, address: int) -> str:
        return self._memory(address, 4096).partition(b"\0")[0].decode(errors="replace")

    def _memory(self, address: int, size: int) -> bytes:
        with Path(f"/proc/{self.pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            try:
                return memory.read(size)
            except OSError:  # (a string near the end of what is mapped)
                memory.seek(address)
                return memory.read(4096 - address % 4096)


def _ptrace(request: int, pid: int, address: int, data: int) -> None:
    assert _LIBC
    if _LIBC.ptrace(ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_long(address), ctypes.c_long(data)) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}: {os.strerror(ctypes.get_errno())}")
