"""Reads how a user names a kind of machine: `cpu=self-hosted,cpu`, `gpu:80=self-hosted,h100`."""

from __future__ import annotations

import re

from apr_qa.errors import InputError
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.shards import Runner

_WORD = re.compile(r"(cpu|gpu)(?::([1-9][0-9]{0,5}))?=([\w.\- ]{1,64}(?:,[\w.\- ]{1,64}){0,15})", re.ASCII)


def runner_of(word: str) -> Runner:
    """Return the runner that `word` describes. Raises InputError."""
    found = _WORD.fullmatch(word.strip())
    if not found:
        raise InputError(
            f"cannot read {word!r}",
            where="--runners",
            remedy="Write BACKEND[:GB]=LABEL,...: --runners cpu=self-hosted,linux --runners gpu:80=self-hosted,h100",
        )
    backend, gigabytes, labels = found.groups()
    return Runner(
        backend=Backend(backend),
        labels=tuple(label.strip() for label in labels.split(",")),
        memory_bytes=int(gigabytes) * 10**9 if gigabytes else None,
    )
