"""Which reader a file wants: told by its first bytes, never by its name."""

from __future__ import annotations

import mmap
import os
import stat
from pathlib import Path

from apr_qa.weights import apr, gguf, safetensors
from apr_qa.weights.folder import INDEX, read_folder, read_index
from apr_qa.weights.record import Header, MalformedWeights, Weights


def open_weights(path: Path) -> Weights:
    """Open the model at `path`: a file, a shard index, or a folder. An APR footer is compared with the whole file.

    Raises MalformedWeights for a broken model and OSError when there is nothing to open.
    """
    return Weights(_read(path, verify=True))


def read_header(path: Path) -> Header:
    """Return what `path` says about itself; no data byte is read. Raises as `open_weights`."""
    return _read(path, verify=False)


def _read(path: Path, *, verify: bool) -> Header:
    def one(file: Path) -> Header:
        return _read_file(file, verify=verify)

    if path.is_dir():
        return read_folder(path, one)
    if path.name.endswith(INDEX):
        return read_index(path, one)
    return one(path)


def _read_file(file: Path, *, verify: bool) -> Header:
    # Non-blocking: a named pipe called model.gguf must not hang us.
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise MalformedWeights(file, "file", "is not a regular file")
        if status.st_size == 0:
            raise MalformedWeights(file, "file", "is empty", "Fetch it again.")
        # Not closed by hand: a refusal's traceback may still hold views; the map goes when they do.
        data = memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
        return _parse(file, data, verify=verify)
    finally:
        os.close(handle)


def _parse(file: Path, data: memoryview, *, verify: bool) -> Header:
    head = bytes(data[:16])
    if head[:4] == gguf.MAGIC:
        return gguf.parse(file, data)
    if head[:4] == apr.MAGIC:
        header = apr.parse(file, data)
        if verify:
            apr.verify_footer(header, data)
        return header
    if safetensors.looks_like(head, len(data)):
        return safetensors.parse(file, data)
    raise MalformedWeights(file, "magic at offset 0", _guess(head), "Certify SafeTensors, GGUF or APR v2 files.")


_KNOWN = {
    b"FUGG": "is a byte-swapped (big-endian) GGUF magic",
    b"APRN": "is APR version 1, which is not read",
    b"PK\x03\x04": "is a zip archive, as PyTorch pickles are; pickles are refused, not scanned",
    b"\x80\x02": "is a Python pickle; pickles are refused, not scanned",
    b"ggjt": "is a file from before GGUF",
    b"lmgg": "is a file from before GGUF",
    b"\x89HDF": "is an HDF5 file",
    b"version ": "is a Git LFS pointer: the weights themselves were not fetched",
}


def _guess(head: bytes) -> str:
    for magic, meaning in _KNOWN.items():
        if head.startswith(magic):
            return meaning
    return f"{head[:8].hex(' ')} opens no format that is read"
