"""Models of the Hub judged from their headers, by every gate that reads no value."""

from __future__ import annotations

import re

from apr_qa.errors import InputError
from apr_qa.pipeline.certifiable import Busy, sketched
from apr_qa.pipeline.contract import OF_FILES, Inspection, inspect

SCHEME = "hf://"
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
READ_VALUES = frozenset({"G0-INTEGRITY-VALUES", "F-CONTRACT-I1-001", "F-CONTRACT-I4-001"})
"""Gates that read the numbers, which a sketch does not hold."""


def inspect_remote(word: str, busy: Busy) -> Inspection:
    """Judge the model that `hf://org/name[@revision]` names by every gate that reads files but no values.

    Raises InputError for a word that names none, WorkspaceError when the Hub cannot be asked.
    """
    repo, _, revision = word.removeprefix(SCHEME).partition("@")
    if not _REPO.fullmatch(repo) or ".." in repo:
        raise InputError("is not hf://ORG/NAME or hf://ORG/NAME@REVISION", where=word)
    with sketched(repo, revision, busy) as drawn:
        found = inspect(drawn.folder, None, busy, judges=reads_no_values)
        read, whole = drawn.read_bytes / 1e6, drawn.weights_bytes / 1e6
        busy(f"judged from {read:.1f} MB of a model of {whole:.0f} MB")
    return found


def reads_no_values(gate: str) -> bool:
    """Return whether a gate can be judged from headers and small files."""
    return gate.startswith(OF_FILES) and gate not in READ_VALUES
