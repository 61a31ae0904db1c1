"""Options that several commands share, with one wording and one meaning."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from apr_qa.errors import InputError
from apr_qa.text import did_you_mean
from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Modality, Tier

E = TypeVar("E", bound=StrEnum)

Json = Annotated[bool, typer.Option("--json", help="Answer with JSON on standard output and nothing else.")]
Engine = Annotated[
    str,
    typer.Option(help="auto, apr, embedded, reference, llama.cpp, mlx, mistralrs, torch, or openai=URL."),
]
AprBinary = Annotated[str, typer.Option(help="The apr program, when it is not `apr` on the PATH.")]
Formats = Annotated[str, typer.Option(help="Narrow the claim to these formats, comma-separated.")]
Backends = Annotated[str, typer.Option(help="Narrow the claim to these backends, comma-separated.")]
Modalities = Annotated[str, typer.Option(help="Narrow the claim to these modalities, comma-separated.")]
NoGpu = Annotated[bool, typer.Option("--no-gpu", help="The same as --backends cpu.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where evidence and reports go.")]
ModelCache = Annotated[
    Path | None, typer.Option(help="Where models are kept (else $APR_QA_MODEL_CACHE, else the platform's cache).")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="How many engine sessions may run at once.")]
Timeout = Annotated[int | None, typer.Option(min=100, help="Limit for one answer, in ms (else the playbook's).")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the plan and of sampling (else the playbook's).")]
Policy = Annotated[
    FailurePolicy | None, typer.Option(help="When to stop early (else the playbook's, else stop-on-p0).")
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first loss and keep all that explains it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan that would run; run and write nothing.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Put earlier evidence of this command aside and ask anew.")]
TierOption = Annotated[str, typer.Option("--tier", help="smoke, mvp, quick, standard or deep.")]


def tier_of(word: str) -> Tier:
    """Return the tier called `word`. Raises InputError with the nearest one."""
    return one_of(Tier, word, "--tier")


def one_of(kind: type[E], word: str, where: str) -> E:
    """Return the member of `kind` called `word`. Raises InputError with the nearest one."""
    try:
        return kind(word.strip().lower())
    except ValueError:
        names = [member.value for member in kind]
        raise InputError(
            f"no {kind.__name__.lower()} is called {word.strip()!r}{did_you_mean(word, names)}",
            where=where,
            remedy=f"One of: {', '.join(names)}.",
        ) from None


def several(kind: type[E], words: str, where: str) -> tuple[E, ...]:
    """Return the members of `kind` that a comma-separated list names, in their own order. Raises InputError."""
    wanted = {one_of(kind, word, where) for word in words.split(",") if word.strip()}
    return tuple(member for member in kind if member in wanted)


def narrowed(
    formats: str, backends: str, modalities: str, *, no_gpu: bool
) -> tuple[tuple[Format, ...], tuple[Backend, ...], tuple[Modality, ...]]:
    """Return the three narrowings of the command line. Raises InputError."""
    chosen = several(Backend, backends, "--backends")
    if no_gpu:
        if chosen and Backend.CPU not in chosen:
            raise InputError("--no-gpu leaves nothing of --backends gpu", remedy="Drop one of the two.")
        chosen = (Backend.CPU,)
    return several(Format, formats, "--formats"), chosen, several(Modality, modalities, "--modalities")


def own_words() -> tuple[str, ...]:
    """Return the command line as typed, for the record."""
    return ("apr-qa", *_without_secrets(sys.argv[1:]))


def _without_secrets(words: Sequence[str]) -> tuple[str, ...]:
    """A URL may hold a password: what stands before its `@` is not kept."""
    return tuple(_masked(word) for word in words)


def _masked(word: str) -> str:
    scheme, mark, rest = word.partition("://")
    host, at, tail = rest.partition("@")
    return f"{scheme}{mark}...{at}{tail}" if mark and at and "/" not in host else word
