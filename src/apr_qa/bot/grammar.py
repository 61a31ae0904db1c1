"""The one table of what the bot understands: parser, help reply, docs and tests are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.orders import SelectorKind, Verb


class Takes(StrEnum):
    """What a verb takes besides options."""

    MODELS = "models"
    """Selectors, a tier, a commit."""
    GATE = "gate"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbEntry:
    """A verb: `form` is how it is written after the command, `does` what happens."""

    verb: Verb
    form: str
    does: str
    takes: Takes = Takes.NOTHING
    options: tuple[str, ...] = ()
    """Keys and flags that it reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """`key=value`. `parse` returns the value, or None when it is no such value."""

    key: str
    field: str
    """Of `Order`."""
    form: str
    does: str
    parse: Callable[[str], Any]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEntry:
    """`--flag`."""

    flag: str
    field: str
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorEntry:
    """A rule that names models; a name (family, `family/size`, model id) is what none of these is."""

    kind: SelectorKind
    form: str
    does: str
    numbered: bool = False


def _some_of(kind: type[Backend | Format]) -> Callable[[str], Any]:
    def parse(value: str) -> Any:
        words = [word.strip().lower() for word in value.split(",")]
        return tuple(kind(word) for word in words) if all(word in list(kind) for word in words) else None

    return parse


def _backends(value: str) -> Any:
    return () if value.lower() == "auto" else _some_of(Backend)(value)


def _between(low: int, high: int) -> Callable[[str], int | None]:
    def parse(value: str) -> int | None:
        digits = value.isascii() and value.isdigit() and len(value) <= 10
        return int(value) if digits and low <= int(value) <= high else None

    return parse


def _sentence(value: str) -> str | None:
    return value.strip() if 0 < len(value.strip()) <= 200 else None


_RUN_KEYS = ("backend", "format", "shards", "max-minutes", "seed", "priority", "reason")
_RUN_FLAGS = ("--no-commit", "--no-tickets", "--force", "--fresh")
VERBS: tuple[VerbEntry, ...] = (
    VerbEntry(
        verb=Verb.RUN,
        form="qwen-coder mvp",
        does="certify each model of that family; `run` may be left out",
        takes=Takes.MODELS,
        options=(*_RUN_KEYS, *_RUN_FLAGS),
    ),
    VerbEntry(
        verb=Verb.PLAN,
        form="plan qwen-coder mvp",
        does="show models, cost and gaps; run nothing",
        takes=Takes.MODELS,
        options=(*_RUN_KEYS, *_RUN_FLAGS),
    ),
    VerbEntry(verb=Verb.STATUS, form="status", does="where the run stands"),
    VerbEntry(verb=Verb.CANCEL, form="cancel", does="stop; what was judged is kept"),
    VerbEntry(
        verb=Verb.RETRY,
        form="retry",
        does="only what could not be judged",
        options=("shards", "max-minutes", "priority"),
    ),
    VerbEntry(
        verb=Verb.EXPLAIN, form="explain G4-BASIC-001", does="what a gate claims, and its remedy", takes=Takes.GATE
    ),
    VerbEntry(verb=Verb.TICKETS, form="tickets", does="the tickets that this pull request's run drafted or filed"),
    VerbEntry(verb=Verb.HELP, form="help", does="this page"),
)
SELECTORS: tuple[SelectorEntry, ...] = (
    SelectorEntry(kind=SelectorKind.CHANGED, form="changed", does="what this pull request touches"),
    SelectorEntry(kind=SelectorKind.ALL, form="all", does="every model of the registry"),
    SelectorEntry(kind=SelectorKind.TOP, form="top:5", does="the first so many of the registry", numbered=True),
    SelectorEntry(kind=SelectorKind.STALE, form="stale:30", does="not certified for so many days", numbered=True),
    SelectorEntry(kind=SelectorKind.FAILED, form="failed", does="what did not pass last time"),
)
KEYS: tuple[KeyEntry, ...] = (
    KeyEntry(
        key="backend",
        field="backends",
        form="backend=cpu",
        does="narrow the claim to cpu or gpu; auto: not narrowed",
        parse=_backends,
        choices=("cpu", "gpu", "auto"),
    ),
    KeyEntry(
        key="format",
        field="formats",
        form="format=gguf,apr",
        does="narrow the claim to some formats",
        parse=_some_of(Format),
        choices=tuple(Format),
    ),
    KeyEntry(key="shards", field="shards", form="shards=4", does="jobs, 1 to 256", parse=_between(1, 256)),
    KeyEntry(
        key="max-minutes",
        field="max_minutes",
        form="max-minutes=30",
        does="leave out models that take longer",
        parse=_between(1, 7200),
    ),
    KeyEntry(key="seed", field="seed", form="seed=42", does="of all questions", parse=_between(0, 2**32 - 1)),
    KeyEntry(key="priority", field="priority", form="priority=1", does="0 to 9, more is sooner", parse=_between(0, 9)),
    KeyEntry(key="reason", field="reason", form='reason="new driver"', does="kept in the record", parse=_sentence),
)
FLAGS: tuple[FlagEntry, ...] = (
    FlagEntry(flag="--no-commit", field="no_commit", does="write nothing to the registry"),
    FlagEntry(flag="--no-tickets", field="no_tickets", does="file no tickets"),
    FlagEntry(flag="--force", field="force", does="run although a run is going on; needs a reason"),
    FlagEntry(flag="--fresh", field="fresh", does="judge again what was judged before"),
)
TIERS: tuple[str, ...] = tuple(Tier)
VERB_BY_NAME: Mapping[str, VerbEntry] = {str(entry.verb): entry for entry in VERBS}
KEY_BY_NAME: Mapping[str, KeyEntry] = {entry.key: entry for entry in KEYS}
FLAG_BY_NAME: Mapping[str, FlagEntry] = {entry.flag: entry for entry in FLAGS}
SELECTOR_BY_NAME: Mapping[str, SelectorEntry] = {str(entry.kind): entry for entry in SELECTORS}
REFUSALS: Mapping[str, str] = {
    "unknown-family": "a name that is no family, model or verb",
    "unknown-word": "a word where only a tier, a commit or an option can stand",
    "unknown-option": "an option that does not exist, or that this verb does not read",
    "bad-value": "an option's value that cannot be used",
    "bad-size": "a size in which the family does not come",
    "bad-commit": "a commit that is not 7 to 40 hex digits",
    "twice": "an option, tier or commit given twice",
    "no-models": "a run of nothing",
    "no-gate": "`explain` without a gate",
    "no-reason": "`--force` without a reason",
    "blank-around-equals": "blanks around `=`",
    "unclosed-quote": "a quote that is never closed",
    "odd-character": "an invisible or control character",
    "too-long": "too many words",
}
"""Every code of a `Misread`."""
