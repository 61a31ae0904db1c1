"""Checks that all three formats share: names, shapes, and places in the file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from apr_qa.weights.record import MalformedWeights, TensorInfo

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
"""What nearly all names are: nothing in it needs a closer look."""
LARGEST = 2**63 - 1
"""No count, offset or size in a real file needs more; engines hold them in signed 64 bits."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The file under the lens; every refusal goes through here, so that it always names the file."""

    file: Path

    def refuse(self, where: str, problem: str, remedy: str = "") -> NoReturn:
        """Raise MalformedWeights."""
        raise MalformedWeights(self.file, where, problem, remedy)

    def require(self, holds: bool, where: str, problem: str, remedy: str = "") -> None:
        """Refuse unless `holds`."""
        if not holds:
            self.refuse(where, problem, remedy)

    def name(self, name: str, where: str, limit_bytes: int) -> str:
        """Return a tensor or key name that is safe to print, to log and to compare, or refuse it."""
        if len(name) <= limit_bytes and _PLAIN_NAME.fullmatch(name):
            return name
        self.require(bool(name), where, "the name is empty")
        self.require(not any(0xD800 <= ord(c) <= 0xDFFF for c in name), where, "the name holds half a character")
        length = len(name.encode())
        self.require(length <= limit_bytes, where, f"the name is {length} bytes long; the limit is {limit_bytes}")
        self.require(name.isprintable() and name == name.strip(), where, f"the name {name!r} holds hidden characters")
        parts = name.replace("\\", "/").split("/")
        self.require(".." not in parts and parts[0] != "", where, f"the name {name!r} looks like a path")
        return name

    def elements(self, shape: tuple[int, ...], where: str) -> int:
        """Return the number of elements of `shape`, refusing one that overflows 64 bits."""
        total = 1
        for size in shape:
            if not 0 <= size <= LARGEST:
                self.refuse(where, f"dimension {size} is out of range")
            total *= size
            if total > LARGEST:
                self.refuse(where, f"the product of the dimensions of {list(shape)} overflows 64 bits")
        return total


def padded(size: int, alignment: int) -> int:
    """Return `size` rounded up to a multiple of `alignment`."""
    return -(-size // alignment) * alignment


def contiguous(scene: Scene, tensors: Iterable[TensorInfo], start: int, alignment: int = 1) -> int:
    """Return where the data end; refuse overlap, and any hole beyond the padding to `alignment`."""
    end = start
    for info in sorted(tensors, key=lambda t: (t.offset, t.size_bytes)):
        expected = start + padded(end - start, alignment)
        if info.offset != expected:  # words only for what is wrong: there may be a hundred thousand tensors
            where = f"tensor {info.name!r} at offset {info.offset}"
            scene.require(info.offset >= end, where, f"overlaps the tensor before it, which ends at {end}")
            scene.refuse(where, f"leaves a hole: its data should begin at offset {expected}")
        end = info.offset + info.size_bytes
    return end


def shape_text(shape: tuple[int, ...]) -> str:
    """Return `shape` as text, with its number of elements."""
    return f"{list(shape)} ({math.prod(shape)} elements)"
