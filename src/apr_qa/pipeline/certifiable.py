"""Whether a model of the Hub can be certified here, told from its headers before its weights are fetched."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from apr_qa.catalog.families import family_for
from apr_qa.errors import InputError
from apr_qa.fetch.cache import need_space
from apr_qa.fetch.sketch import Sketch, sketch
from apr_qa.weights import MalformedWeights, read_header

CONFIG = "config.json"

Busy = Callable[[str], None]


@contextmanager
def sketched(repo: str, revision: str, busy: Busy, names: tuple[str, ...] = ()) -> Iterator[Sketch]:
    """Fetch a sketch into a folder that goes again; of the small files only `names`, all when there are none."""
    with tempfile.TemporaryDirectory(prefix="apr-qa-") as scratch:
        folder = Path(scratch) / repo.rpartition("/")[2]
        folder.mkdir()
        yield sketch(repo, revision, folder, busy, names=names)


def require_certifiable(repo: str, revision: str, cache: Path, memory_bytes: int, busy: Busy) -> None:
    """Refuse a model before its weights are fetched.

    Raises InputError for a broken header, an architecture that no family describes or weights that memory does not
    hold, WorkspaceError for weights that the disk does not hold and when the Hub cannot be asked.
    """
    with sketched(repo, revision, busy, names=(CONFIG,)) as drawn:
        ground = [file.name for file in drawn.model.files if file.name.endswith(".safetensors")]
        if not ground:
            raise InputError("holds no SafeTensors file, the ground truth", where=repo)
        for path in drawn.folder.glob("*.gguf"):  # never fetched from the Hub, so never certified
            path.unlink()
        try:
            read_header(drawn.folder)
        except MalformedWeights as error:
            raise InputError(
                f"its weights cannot be read, and were not fetched: {error}",
                where=repo,
                remedy=f"apr-qa validate-contract hf://{repo}",
            ) from None
        _require_family(drawn.folder / CONFIG, repo)
        size = sum(file.size_bytes for file in drawn.model.files if file.name in ground)
        _require_memory(size, memory_bytes, repo)
        need_space(cache, size - _fetched(repo, cache), f"{repo} at {drawn.model.revision[:8]}")


def _require_family(file: Path, repo: str) -> None:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise InputError(f"its {CONFIG} is missing or no JSON object", where=repo)
    if family_for(config) is None:
        kind = str(config.get("architectures") or config.get("model_type"))[:80]
        raise InputError(
            f"no family describes the architecture {kind}, so nothing could be held against anything",
            where=repo,
            remedy="Describe the family in the catalogue, or name a folder that holds the model.",
        )


def _require_memory(size: int, memory_bytes: int, repo: str) -> None:
    if size > memory_bytes:
        has = f"{memory_bytes / 1e9:.1f} GB"
        raise InputError(
            f"its weights are {size / 1e9:.1f} GB and this machine has {has} of memory, so no engine can hold them",
            where=repo,
            remedy="Certify it on a larger machine.",
        )


def _fetched(repo: str, cache: Path) -> int:
    """Return the bytes of the repository that are in the cache already."""
    blobs = cache / f"models--{repo.replace('/', '--')}" / "blobs"
    return sum(file.stat().st_size for file in blobs.iterdir() if file.is_file()) if blobs.is_dir() else 0
