"""The first playbook of a model that the registry does not know, from its `config.json`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apr_qa.catalog.kernels import STATED
from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.files import read_text
from apr_qa.playbook.generate import file_name, playbook_text
from apr_qa.playbook.load import parse_playbook
from apr_qa.vocab.axes import SizeClass, Tier
from apr_qa.vocab.catalog import KnownModel

_SIZE = re.compile(r"([0-9]{1,4}(?:[._][0-9]{1,3})?)([bm])", re.IGNORECASE)
_BELOW_BILLIONS = {
    SizeClass.TINY: 1.0,
    SizeClass.SMALL: 5.0,
    SizeClass.MEDIUM: 10.0,
    SizeClass.LARGE: 30.0,
    SizeClass.XLARGE: 100.0,
}


def bootstrapped(family: str, size: str, repo: str, tier: Tier, config: Mapping[str, Any]) -> tuple[str, str]:
    """Return file name and text of the playbook of `repo` at `tier`.

    `config` is the model's own `config.json`: its numbers become the playbook's expectations. Raises InputError for a
    size, repository or family that no playbook can hold.
    """
    model = KnownModel(model=repo, family=family, parameters=size.upper().replace("_", "."), size=size_class(size))
    text = playbook_text(model, tiers()[tier], {**_flat(config), STATED: True})
    text = text.replace(
        "Made by `apr-qa generate-playbooks`; do not edit: change the catalogue and generate again.", _OWN
    )
    parse_playbook(text, source=f"the playbook of {repo}")
    return file_name(repo, tier), text


_OWN = "Made by `apr-qa bootstrap`; yours to edit. Then: apr-qa lock-playbooks."


def read_config(path: Path) -> dict[str, Any]:
    """Return what a `config.json` holds. Raises InputError."""
    try:
        found = json.loads(read_text(path, "config.json"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no JSON: {error}", where=str(path)) from None
    if not isinstance(found, dict):
        raise InputError("a config.json holds one object", where=str(path))
    return found


def size_class(size: str) -> SizeClass:
    """Return the size class of `1.5B`, `135m`, `1_6b`. Raises InputError."""
    read = _SIZE.fullmatch(size.strip())
    if not read:
        raise InputError(f"{size!r} is no size", remedy="Write the number of parameters, as 0.5B, 7B or 135M.")
    billions = float(read[1].replace("_", ".")) / (1.0 if read[2].lower() == "b" else 1000.0)
    return next((found for found, below in _BELOW_BILLIONS.items() if billions < below), SizeClass.HUGE)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """A nested text model speaks for the whole; numbers that cannot be expectations are left out."""
    nested = config.get("text_config")
    whole = {**config, **nested} if isinstance(nested, dict) else dict(config)
    return {key: value for key, value in whole.items() if type(value) is not int or value > 0}
