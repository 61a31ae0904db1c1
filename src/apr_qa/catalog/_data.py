"""The packaged data files of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import yaml


def text(name: str) -> str:
    """Return the text of a packaged file, by its path inside the catalogue."""
    return files("apr_qa.catalog").joinpath(*name.split("/")).read_text(encoding="utf-8")


def document(name: str) -> Any:
    """Return what a packaged YAML file holds."""
    return yaml.safe_load(text(name))


def stems(folder: str) -> Iterator[str]:
    """Yield the names of a folder's YAML files without `.yaml`, sorted."""
    entries = files("apr_qa.catalog").joinpath(folder).iterdir()
    yield from sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))
