"""The door to the Hugging Face Hub: a model at one pinned revision, every file checked against the Hub's digests.

Only file kinds that a certificate speaks of are fetched; pickles and code are never downloaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from apr_qa.errors import WorkspaceError
from apr_qa.fetch.cache import make_folder, need_space
from apr_qa.fetch.hub_errors import explained
from apr_qa.files import sha256_file, write_text

KINDS = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.md", "*.model")
"""What is fetched. A GGUF of the Hub is never ground truth, so none is taken from there."""
_YES = frozenset({"1", "ON", "YES", "TRUE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """One file as the Hub describes it."""

    name: str
    size_bytes: int
    sha256: str = ""
    """Of large files."""
    git_blob: str = ""
    """Of small files: git's own SHA-1 of the content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModel:
    """A model pinned to a commit."""

    repo: str
    revision: str
    """The commit's full hash."""
    files: tuple[HubFile, ...]

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model folder on this machine."""

    folder: Path
    revision: str
    checked: bool
    """True when every file was compared with the Hub's digests in this call."""
    names: tuple[str, ...] = ()
    """Of the files that were."""


def resolve(repo: str, revision: str = "", kinds: Sequence[str] = KINDS) -> HubModel:
    """Ask the Hub which files of `kinds` `repo` holds at `revision` (branch, tag or commit; default: its main branch).

    Raises InputError for a model that is not there or not ours to read, WorkspaceError when the Hub cannot be asked.
    """
    from huggingface_hub import HfApi

    with explained(repo, revision):
        info = HfApi().model_info(repo, revision=revision or None, files_metadata=True)
    files = tuple(
        HubFile(
            name=entry.rfilename,
            size_bytes=entry.size or 0,
            sha256=entry.lfs.sha256 if entry.lfs else "",
            git_blob=entry.blob_id or "",
        )
        for entry in sorted(info.siblings or [], key=lambda e: e.rfilename)
        if any(Path(entry.rfilename).match(kind) for kind in kinds) and "/" not in entry.rfilename
    )
    if not info.sha:
        raise WorkspaceError("the Hub named no commit", where=repo, remedy="Try again later.")
    return HubModel(repo=repo, revision=info.sha, files=files)


def whoami() -> str:
    """Return whom the Hub takes us for, after really asking it. Raises AprQaError when it cannot be asked."""
    from huggingface_hub import HfApi, get_token

    with explained("the Hub", ""):
        if get_token():
            return f"known as {HfApi().whoami()['name']}"
        next(iter(HfApi().list_models(limit=1)), None)
    return "answers"


def fetch(repo: str, revision: str, cache: Path, busy: Callable[[str], None]) -> Fetched:
    """Return `repo` at `revision` from the cache, fetching what is missing; resumes a download that was cut off.

    With `HF_HUB_OFFLINE=1` only the cache is asked. Raises as `resolve`, and WorkspaceError when the disk is too small
    or a file is not what the Hub says it is (the file is removed, so that the same command fetches it anew).
    The revision asked for is noted in the cache as the Hub's own library does it, so that it is found offline.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in _YES:
        return _cached(repo, revision, cache)
    model = resolve(repo, revision)
    make_folder(cache)
    need_space(cache, _missing_bytes(model, cache), f"{repo} at {model.revision[:8]}")
    busy(f"fetching {repo} at {model.revision[:8]}, {model.size_bytes / 1e6:.0f} MB")
    folder = _download(repo, model.revision, cache, offline=False)
    for file in model.files:
        busy(f"checking {file.name} against the Hub's digest")
        _check(folder / file.name, file)
    write_text(folder.parents[1] / "refs" / (revision or "main"), model.revision)
    return Fetched(folder=folder, revision=model.revision, checked=True, names=tuple(f.name for f in model.files))


def is_here(repo: str, revision: str, cache: Path) -> bool:
    """Return whether only the cache is asked, or holds the weights of that revision already."""
    if os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in _YES:
        return True
    home = cache / f"models--{repo.replace('/', '--')}"
    note = home / "refs" / (revision or "main")
    commit = note.read_text(encoding="utf-8").strip() if note.is_file() else revision
    return bool(commit) and any((home / "snapshots" / commit).glob("*.safetensors"))


def _cached(repo: str, revision: str, cache: Path) -> Fetched:
    folder = _download(repo, revision, cache, offline=True)
    return Fetched(folder=folder, revision=folder.name, checked=False)


def _download(repo: str, revision: str, cache: Path, *, offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    with explained(repo, revision):
        place = snapshot_download(
            repo,
            revision=revision or None,
            cache_dir=cache,
            allow_patterns=list(KINDS),
            ignore_patterns=["*/*"],
            local_files_only=offline,
        )
    return Path(place)


def _missing_bytes(model: HubModel, cache: Path) -> int:
    snapshot = cache / f"models--{model.repo.replace('/', '--')}" / "snapshots" / model.revision
    return sum(file.size_bytes for file in model.files if not (snapshot / file.name).exists())


def _check(path: Path, file: HubFile) -> None:
    if not path.is_file():
        raise WorkspaceError(f"{file.name} did not arrive", where=str(path.parent), remedy="Run the command again.")
    actual = path.stat().st_size
    right = actual == file.size_bytes and (
        sha256_file(path) == file.sha256 if file.sha256 else _git_blob(path) == file.git_blob
    )
    if not right:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise WorkspaceError(
            f"{file.name} is not what the Hub says it is ({actual} bytes here, {file.size_bytes} there); removed",
            where=str(path.parent),
            remedy="Run the command again to fetch it anew.",
        )


def _git_blob(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
