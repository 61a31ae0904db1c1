"""The `config.json` of a model of the Hub, without its weights."""

from __future__ import annotations

from pathlib import Path

from apr_qa.fetch.cache import make_folder
from apr_qa.fetch.hub import resolve
from apr_qa.fetch.hub_errors import explained

NAME = "config.json"


def fetch_config(repo: str, revision: str, cache: Path) -> Path:
    """Return the path of the config of `repo` at `revision` (default: its main branch), fetched into the cache.

    Raises InputError for a model that is not there or not ours to read, WorkspaceError when the Hub cannot be asked.
    """
    from huggingface_hub import hf_hub_download

    # Asked first, because the library tries a Hub that is not there six times before it says so.
    commit = resolve(repo, revision, (NAME,)).revision
    with explained(repo, revision):
        return Path(hf_hub_download(repo, NAME, revision=commit, cache_dir=make_folder(cache)))
