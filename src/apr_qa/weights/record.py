"""What a weight file holds: the header as records, and the open file that reads tensors."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from apr_qa.weights.decode import to_float32


class MalformedWeights(Exception):
    """The file breaks its own format. It is a verdict on the model, never a fault of the program."""

    def __init__(self, file: Path, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(file, where, problem, remedy)
        self.file = file
        self.where = where
        """The field and its place: `header length at offset 0`."""
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.file.name}: {self.where}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """One tensor's place and type; its bytes lie inside `file` (checked when the header was read)."""

    name: str
    dtype: str
    """Canonical lower case: `bf16`, `f16`, `f32`, `q8_0`, `q4_k`, `apr_q4` ..."""
    shape: tuple[int, ...]
    """Row-major, Hugging Face order; GGUF's reversed dimensions are turned round."""
    offset: int
    """Absolute, in bytes from the start of `file`."""
    size_bytes: int
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Everything known before a data byte is touched."""

    format: str
    """`safetensors`, `gguf` or `apr`."""
    files: tuple[Path, ...]
    metadata: Mapping[str, object]
    tensors: Mapping[str, TensorInfo]
    """In file order; for shards, in the order of `files`."""
    notes: tuple[str, ...] = ()
    """Oddities that the format allows: trailing padding, no footer, a placeholder tensor."""


class Weights:
    """An open model: its header, and its tensors one at a time. Close it, or use it in a `with` statement."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.format = header.format
        self.files = header.files
        self.metadata = header.metadata
        self.tensors = header.tensors
        self._maps: dict[Path, mmap.mmap] = {}

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """Return the stored bytes of tensor `name`, a read-only view of the file. Raises KeyError."""
        info = self.tensors[name]
        if info.size_bytes == 0:
            return np.empty(0, dtype=np.uint8)
        return np.frombuffer(self._map(info.file), dtype=np.uint8, count=info.size_bytes, offset=info.offset)

    def read(self, name: str) -> npt.NDArray[np.float32]:
        """Return tensor `name` dequantised to float32, a copy in its row-major shape.

        Raises KeyError for an unknown name and MalformedWeights for a type whose layout is not known.
        """
        info = self.tensors[name]
        try:
            return to_float32(self.raw(name), info.dtype, info.shape)
        except ValueError as error:
            raise MalformedWeights(info.file, f"tensor {name!r}", str(error)) from error

    def _map(self, file: Path) -> mmap.mmap:
        if file not in self._maps:
            with file.open("rb") as stream:
                self._maps[file] = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return self._maps[file]

    def forget(self) -> None:
        """Take the pages read so far off this process's memory, where the system can; views stay good."""
        for mapped in self._maps.values():
            if hasattr(mmap, "MADV_DONTNEED"):
                mapped.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Unmap the files; views handed out by `raw` keep theirs mapped until they go."""
        for mapped in self._maps.values():
            try:
                mapped.close()
            except BufferError:  # a view is still in use; the map dies with it
                continue
        self._maps.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
