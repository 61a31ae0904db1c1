"""A model of the Hub without its weights: small files whole, of each weights file the header, and a hole for the rest.

The strict readers and every gate that reads no value work on a sketch as on the model itself, so that fifteen gigabytes
need not come before one knows that they are of no use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.fetch.hub import KINDS, HubFile, HubModel, resolve
from apr_qa.fetch.ranges import RemoteFile
from apr_qa.weights import MalformedWeights, read_header
from apr_qa.weights.safetensors import HEADER_LIMIT_BYTES

WEIGHTS = (".safetensors", ".gguf")
SMALL_LIMIT_BYTES = 32 << 20
FIRST_BYTES = 64 << 10
GGUF_LIMIT_BYTES = 64 << 20
"""No vocabulary makes a header longer."""
_LENGTH_BYTES = 8

Busy = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What was fetched."""

    model: HubModel
    folder: Path
    read_bytes: int

    @property
    def weights_bytes(self) -> int:
        """All weights files together, as the Hub lists them."""
        return sum(file.size_bytes for file in self.model.files if file.name.endswith(WEIGHTS))


def sketch(repo: str, revision: str, folder: Path, busy: Busy, *, names: tuple[str, ...] = ()) -> Sketch:
    """Fetch the sketch of `repo` at `revision` into the empty `folder`.

    Of the small files only `names` are fetched, all when there are none. Raises InputError for a model that is not
    there or has no weights to read, WorkspaceError when the Hub cannot be asked or contradicts itself.
    """
    model = resolve(repo, revision, (*KINDS, "*.gguf"))
    if not any(file.name.endswith(WEIGHTS) for file in model.files):
        raise InputError("holds no .safetensors or .gguf file", where=repo, remedy="Name a model with such weights.")
    read_bytes = 0
    for file in model.files:
        is_weights = file.name.endswith(WEIGHTS)
        wanted = is_weights or file.name.endswith(".index.json") or not names or file.name in names
        if not wanted or (file.size_bytes > SMALL_LIMIT_BYTES and not is_weights):
            continue
        busy(f"reading the {'header' if is_weights else 'text'} of {file.name}")
        remote = RemoteFile(repo, model.revision, file.name, file.size_bytes)
        _write(remote, file, folder / file.name)
        read_bytes += remote.read_bytes
    return Sketch(model=model, folder=folder, read_bytes=read_bytes)


def _write(remote: RemoteFile, file: HubFile, path: Path) -> None:
    if not file.name.endswith(WEIGHTS):
        path.write_bytes(remote.read(0, file.size_bytes))
        return
    head = remote.read(0, FIRST_BYTES)
    wanted = _header_bytes(head) if file.name.endswith(".safetensors") else 0
    if wanted > len(head):
        head += remote.read(len(head), wanted)
    _with_hole(path, head, file.size_bytes)
    if file.name.endswith(".gguf"):
        _until_it_reads(remote, path, head)


def _header_bytes(head: bytes) -> int:
    """Return how many bytes the header of a SafeTensors file claims; a claim that no reader believes is not fetched."""
    length = int.from_bytes(head[:_LENGTH_BYTES], "little")
    return _LENGTH_BYTES + length if length <= HEADER_LIMIT_BYTES else 0


def _until_it_reads(remote: RemoteFile, path: Path, head: bytes) -> None:
    """Fetch twice as much of a GGUF file again and again, until its header is whole or too long to be one.

    What is missing reads as zeros, which no header ends with, so a header that reads is whole.
    """
    while len(head) < min(GGUF_LIMIT_BYTES, remote.size_bytes) and not _reads(path):
        head += remote.read(len(head), 2 * len(head))
        _with_hole(path, head, remote.size_bytes)


def _reads(path: Path) -> bool:
    try:
        read_header(path)
    except MalformedWeights:
        return False
    return True


def _with_hole(path: Path, head: bytes, size_bytes: int) -> None:
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(size_bytes)
