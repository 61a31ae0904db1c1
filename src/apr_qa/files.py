"""The door to plain files: reading text, writing whole files or nothing, digests."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError, WorkspaceError

TEXT_LIMIT_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20


def read_text(path: Path, what: str) -> str:
    """Return the UTF-8 text of `path`. Raises InputError, naming `what` it was meant to be."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # nobody may ever write into a pipe
            raise InputError(f"this {what} is no regular file", where=str(path))
        if path.stat().st_size > TEXT_LIMIT_BYTES:
            raise InputError(f"this {what} is over {TEXT_LIMIT_BYTES >> 20} MB", where=str(path))
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"no such {what}", where=str(path), remedy="Check the path.") from None
    except IsADirectoryError:
        raise InputError(f"this is a folder, not a {what}", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Replace `path` by `text`, whole or in pieces as they are made, or not at all; synced to disk.

    Raises WorkspaceError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.writelines([text] if isinstance(text, str) else text)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o644)  # noqa: PTH101  (mkstemp makes it private; these files are published)
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise WorkspaceError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="Free space or choose another --output."
        ) from None


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, in hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces: equal values, equal bytes; records become objects of their fields.

    NaN is refused (ValueError), and so is what has no JSON form (TypeError).
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_as_object
    )


def plain_data(value: Any) -> Any:
    """Return records, mappings and tuples as the JSON values that stand for them. Raises as `canonical_json`."""
    return json.loads(canonical_json(value))


def _as_object(value: Any) -> dict[str, Any] | list[Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    return {name: getattr(value, name) for name in _names(value.__class__)}


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(entry.name for entry in fields(kind))


def digest_of(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
