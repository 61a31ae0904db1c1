"""Options that several commands share, with one wording and one meaning."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from apr_qa.errors import InputError
from apr_qa.text import did_you_mean
from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Modality, Tier

if TYPE_CHECKING:
    from apr_qa.pipeline.wishes import Wishes

E = TypeVar("E", bound=StrEnum)

Json = Annotated[bool, typer.Option("--json", help="Answer with JSON on standard output and nothing else.")]
AprBinary = Annotated[str, typer.Option(help="The apr program, when it is not `apr` on the PATH.")]
ModelCache = Annotated[
    Path | None, typer.Option(help="Where models are kept (else $APR_QA_MODEL_CACHE, else the platform's cache).")
]
TierOption = Annotated[str, typer.Option("--tier", help="smoke, mvp, quick, standard or deep.")]
ModelName = Annotated[str, typer.Option("--model", "-m", help="The model's name, when the evidence does not say it.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of every command that runs a plan. A field is an option of the same name."""

    engine: Annotated[
        str, typer.Option(help="auto, apr, embedded, reference, llama.cpp, ollama, mlx, mistralrs, torch, openai=URL.")
    ] = "auto"
    apr_binary: AprBinary = "apr"
    formats: Annotated[str, typer.Option(help="Narrow the claim to these formats, comma-separated.")] = ""
    backends: Annotated[str, typer.Option(help="Narrow the claim to these backends, comma-separated.")] = ""
    modalities: Annotated[str, typer.Option(help="Narrow the claim to these modalities, comma-separated.")] = ""
    no_gpu: Annotated[bool, typer.Option("--no-gpu", help="The same as --backends cpu.")] = False
    failure_policy: Annotated[
        FailurePolicy | None, typer.Option(help="When to stop early (else the playbook's, else stop-on-p0).")
    ] = None
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first loss and keep all that explains it.")
    ] = False
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many engine sessions may run at once.")] = 4
    timeout: Annotated[int | None, typer.Option(min=100, help="Limit for one answer, in ms (else the playbook's).")] = (
        None
    )
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of plan and sampling (else the playbook's).")] = None
    model_cache: ModelCache = None
    output: Annotated[Path, typer.Option("--output", "-o", help="Where evidence and reports go.")] = Path(
        "certifications"
    )
    registry: Annotated[
        Path, typer.Option(help="Records and evidence of earlier certificates: what was right then is asked again.")
    ] = Path("docs/certifications")
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Let tier standard or deep stop early by its sequential test.")
    ] = False
    plug_ins: Annotated[
        str, typer.Option(help="Engines, gates or oracles of other packages that take part, comma-separated.")
    ] = ""
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; run and write nothing.")] = False
    fresh: Annotated[bool, typer.Option("--fresh", help="Put earlier evidence aside and ask everything anew.")] = False
    json: Json = False

    def wishes(self) -> Wishes:
        """Return the same in the program's own types. Raises InputError for words that mean nothing."""
        from apr_qa.pipeline.wishes import Wishes

        return Wishes(
            engine=self.engine,
            apr_binary=self.apr_binary,
            formats=several(Format, self.formats, "--formats"),
            backends=self._backends(),
            modalities=several(Modality, self.modalities, "--modalities"),
            output=self.output,
            model_cache=self.model_cache,
            registry=self.registry,
            fresh=self.fresh,
            sequential=self.sequential,
            plug_ins=tuple(admitted(word.strip()) for word in self.plug_ins.split(",") if word.strip()),
            seed=self.seed,
            workers=self.workers,
            timeout_s=self.timeout / 1000 if self.timeout else None,
            policy=FailurePolicy.FAIL_FAST if self.fail_fast else self.failure_policy,
            argv=own_words(),
        )

    def _backends(self) -> tuple[Backend, ...]:
        chosen = several(Backend, self.backends, "--backends")
        if self.no_gpu and chosen and Backend.CPU not in chosen:
            raise InputError("--no-gpu leaves nothing of --backends gpu", remedy="Drop one of the two.")
        return (Backend.CPU,) if self.no_gpu else chosen


def admitted(name: str) -> str:
    """Let in a plug-in of another package; return it with package and version, for the record. Raises InputError."""
    from apr_qa.rooms import RoomError, admit

    try:
        return admit(name)
    except RoomError as error:
        remedy = "Install the package that offers it beside apr-qa; its documentation names the plug-in."
        raise InputError(str(error), where="--plug-ins", remedy=remedy) from None


def with_run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let `command`, whose last parameter is `options: RunOptions`, take each of its fields as an option."""
    hints = get_type_hints(RunOptions, include_extras=True)
    own = list(inspect.signature(command, eval_str=True).parameters.values())[:-1]
    shared = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(RunOptions)
    ]

    @functools.wraps(command)
    def called(**values: Any) -> Any:
        given = RunOptions(**{f.name: values.pop(f.name) for f in fields(RunOptions)})
        return command(**values, options=given)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared
    signature = inspect.Signature(parameters)
    called.__dict__["__signature__"] = signature
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called


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
