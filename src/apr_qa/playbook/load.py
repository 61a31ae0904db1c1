"""Reads playbook files: every fault at once, with file, line and path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from apr_qa.errors import InputError
from apr_qa.files import read_text
from apr_qa.playbook.assemble import assemble
from apr_qa.playbook.faults import faults_of
from apr_qa.playbook.marked_yaml import Fault, Marked, read_marked
from apr_qa.playbook.meaning import contradictions
from apr_qa.playbook.shape import PlaybookFile
from apr_qa.playbook.template import fill_template, unfilled
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.playbook import Playbook

_SHOWN_FAULTS = 50
_REMEDY = "Every key is described in playbooks/playbook.schema.yaml."


class PlaybookError(InputError):
    """A playbook that cannot be used, with all its faults."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [f"{source}:{f.line}: {f.path + ': ' if f.path else ''}{f.problem}" for f in faults[:_SHOWN_FAULTS]]
        if len(faults) > _SHOWN_FAULTS:
            lines.append(f"and {len(faults) - _SHOWN_FAULTS} more")
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"this playbook has {count}", *lines]), where=source, remedy=_REMEDY)


def load_playbook(path: Path, *, tier: Tier | None = None, values: Mapping[str, str] | None = None) -> Playbook:
    """Return the playbook in the YAML file `path`, at `tier` or else the tier that it names itself.

    `values` fill the placeholders of a template. Raises PlaybookError with every fault, InputError when there is no
    such file.
    """
    text = read_text(path, "playbook")
    return parse_playbook(fill_template(text, values) if values else text, source=str(path), tier=tier)


def parse_playbook(text: str, *, source: str, tier: Tier | None = None) -> Playbook:
    """Return the playbook that `text` holds; `source` is its name in messages. Raises PlaybookError."""
    marked = read_marked(text)
    file = _read(marked)
    faults = [*marked.faults, *(file if isinstance(file, list) else contradictions(file, marked))]
    if faults or isinstance(file, list):
        raise PlaybookError(source, faults)
    return assemble(file, source=source, digest=hashlib.sha256(text.encode()).hexdigest(), tier=tier)


def _read(marked: Marked) -> PlaybookFile | list[Fault]:
    if marked.value is None and marked.faults:
        return []
    if not isinstance(marked.value, dict):
        return [Fault(line=1, path="", problem="a playbook is a mapping with the keys name, version, model ...")]
    if faults := list(unfilled(marked)):
        return faults
    try:
        return PlaybookFile.model_validate_json(json.dumps(marked.value))
    except ValidationError as error:
        return list(faults_of(error, marked, PlaybookFile))
