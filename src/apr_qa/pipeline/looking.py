"""What the small files of a model tell before anything is planned."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from apr_qa.fetch.digests import digests
from apr_qa.fetch.locate import companions
from apr_qa.pipeline.targets import Busy
from apr_qa.vocab.artefacts import ModelFiles


def hashed(files: ModelFiles, busy: Busy) -> ModelFiles:
    """The files with their digests, by name below the model's root."""
    paths = companions(files)
    busy(f"hashing {len(paths)} files of {files.model}")
    memory = Path(platformdirs.user_cache_dir("apr-qa", appauthor=False))
    found = digests(paths, memory, now_ns=time.time_ns())
    return replace(files, digests={_below(path, files.root): digest for path, digest in found.items()})


def _below(path: Path, root: Path) -> str:
    """Below the model's root, or below the folder that conversions are kept in."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else f"{path.parent.name}/{path.name}"


def _config(files: ModelFiles) -> Mapping[str, Any]:
    """config.json of the ground truth, or nothing: a broken one is judged by the gates, not here."""
    for artefact in files.artefacts.values():
        config = artefact.folder / "config.json"
        try:
            value = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else None
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            return value
    return {}


def context_of(files: ModelFiles) -> int | None:
    """Return the context length in tokens that config.json states, or None."""
    config = _config(files)
    nested = config.get("text_config")
    inner = nested if isinstance(nested, dict) else config
    length = inner.get("max_position_embeddings")
    return length if type(length) is int and length > 0 else None


def has_template(files: ModelFiles) -> bool:
    """Return whether the ground truth says how a conversation is written down."""
    for artefact in files.artefacts.values():
        if (artefact.folder / "chat_template.jinja").is_file():
            return True
        try:
            said = json.loads((artefact.folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(said, dict) and said.get("chat_template"):
            return True
    return False
