"""Which compact baseline belongs to a model: told by the digests of its files and of the texts, never by its name."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.truth.baseline import Baseline, make_baseline, read_baseline, write_baseline
from apr_qa.truth.measure import Truth
from apr_qa.truth.text_set import FILE
from apr_qa.vocab.artefacts import Compact, ModelFiles
from apr_qa.vocab.axes import Format

SHIPPED = Path(__file__).parent / "baselines"
SUFFIX = ".npz"
_BESIDE = (
    "model.safetensors.index.json",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
)
"""What says, with the weights, how a text becomes tokens and tokens become logits."""


def key_of(files: ModelFiles) -> str:
    """Return the key of the ground truth's baseline; empty when there is none, or its digests were not taken."""
    ground = files.artefacts.get(Format.SAFETENSORS)
    if ground is None:
        return ""
    paths = (*ground.files, *(ground.folder / name for name in _BESIDE if (ground.folder / name).is_file()))
    found = {path.name: files.digests.get(_below(path, files.root), "") for path in dict.fromkeys(paths)}
    if not all(found.values()):
        return ""
    return hashlib.sha256(json.dumps([found, _texts_digest()], sort_keys=True).encode()).hexdigest()


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else ""


@cache
def _texts_digest() -> str:
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


def place_of(key: str, kept_in: Path) -> Path:
    """Return where the baseline of `key` lies: in the package, else among those made on this machine, in `kept_in`."""
    shipped = SHIPPED / f"{key}{SUFFIX}"
    return shipped if shipped.is_file() else kept_in / f"{key}{SUFFIX}"


def take(compact: Compact) -> Baseline:
    """Return the baseline. Raises InputError when there is none, when it was changed, or is of other files or texts."""
    found = read_baseline(compact.place)
    if found.key != compact.key:
        raise InputError(
            "is a baseline of other files or other texts",
            where=str(compact.place),
            remedy="Remove it; it is made anew from these files.",
        )
    return found


def keep(truth: Truth, compact: Compact, *, model: str, dtype: str) -> None:
    """Write the baseline of a ground truth that was just computed; a place that cannot be written costs time only."""
    if compact.place.parent == SHIPPED:
        return
    try:
        compact.place.parent.mkdir(parents=True, exist_ok=True)
        write_baseline(make_baseline(truth, model=model, key=compact.key, dtype=dtype), compact.place)
    except OSError:
        return
