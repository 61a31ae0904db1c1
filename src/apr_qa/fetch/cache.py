"""Where downloaded and converted models are kept on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from apr_qa.errors import InputError, WorkspaceError

VARIABLE = "APR_QA_MODEL_CACHE"
_SPARE_BYTES = 256 << 20
"""Left free on the disk beside what is fetched: journals and scratch folders want some."""


def cache_folder(option: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the model cache: the option, else `$APR_QA_MODEL_CACHE`, else the platform's cache folder."""
    if option is not None:
        return option.expanduser().absolute()
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE]).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("apr-qa", appauthor=False)) / "models"


def need_space(folder: Path, size_bytes: int, what: str) -> None:
    """Make sure that `size_bytes` fit beside `folder`. Raises WorkspaceError saying how much is missing."""
    free = free_bytes(folder)
    missing = size_bytes + _SPARE_BYTES - free
    if missing > 0:
        raise WorkspaceError(
            f"{what} wants {size_bytes / 1e9:.2f} GB and {free / 1e9:.2f} GB are free",
            where=str(folder),
            remedy=f"Free {missing / 1e9:.2f} GB, or name another place: --model-cache, ${VARIABLE}.",
        )


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk that `folder` is on, or will be on."""
    place = folder
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def make_folder(folder: Path) -> Path:
    """Create `folder`. Raises InputError when the user named a place that cannot be one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be the model cache: {error.strerror}", where=str(folder), remedy="Name another: --model-cache."
        ) from None
    return folder
