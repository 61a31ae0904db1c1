"""A playbook for a new model: its config from here or from the Hub, its file written once."""

from __future__ import annotations

from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.fetch.cache import cache_folder
from apr_qa.fetch.config import fetch_config
from apr_qa.files import write_text
from apr_qa.playbook.bootstrap import bootstrapped, read_config
from apr_qa.vocab.axes import Tier


def draft(family: str, size: str, repo: str, tier: Tier, config: Path | None) -> tuple[str, str]:
    """Return name and text of a new playbook; without `config` the Hub is asked for the model's. Raises AprQaError."""
    source = config if config is not None else fetch_config(repo, "", cache_folder(None))
    return bootstrapped(family, size, repo, tier, read_config(source))


def write_new(path: Path, text: str) -> None:
    """Write a playbook; one that is there is never overwritten. Raises InputError, WorkspaceError."""
    if path.exists():
        raise InputError("there is a playbook already", where=str(path), remedy="Remove it first, or name --output.")
    write_text(path, text)
