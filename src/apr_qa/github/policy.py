"""Who may ask for how much: `.github/apr-qa.yml` on the default branch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from apr_qa.errors import InputError
from apr_qa.playbook.marked_yaml import dotted, read_marked
from apr_qa.text import did_you_mean
from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.shards import SHARDS_LIMIT

POLICY_PATH = ".github/apr-qa.yml"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_REMEDY = "Every key is described in docs/guides/bot.md."


class Role(IntEnum):
    """What GitHub lets somebody do in a repository, the least first."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, name: str) -> Role:
        """Return the role that GitHub calls `name`; a custom role is worth the permission behind it, unknown: NONE."""
        return cls.__members__.get(name.upper(), cls.NONE)


class Quiet(StrEnum):
    """How much the bot says on pull requests."""

    OFF = "off"
    """Every state is shown."""
    RESULTS = "results"
    """Only how it ended."""
    FAILURES = "failures"
    """Only what did not pass; the check run says the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPolicy:
    """What a tier asks of who asks for it."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    role: str = "write"
    minutes: int = 600
    """Most predicted minutes of one command, over all models."""
    cooldown_minutes: int = 0
    """Between two commands of one person on one pull request; maintainers are not held to it."""

    @property
    def least(self) -> Role:
        """The role needed."""
        return Role.of(self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPolicy:
    """Where tickets go, and what has to be so before one is filed or closed."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    engine_repo: str = "paiml/aprender"
    """For causes that lie in the engine; empty: only drafted."""
    file_repo: str = "paiml/aprender"
    """For causes that lie in a model's file; empty: only drafted."""
    engines: tuple[str, ...] = ("apr",)
    """Runs with another engine only draft."""
    most: int = 10
    """New tickets of one run; more become one ticket that lists them."""
    passes: int = 2
    """Healthy runs of every model in which it showed, before a ticket is closed."""


def _tiers() -> Mapping[Tier, TierPolicy]:
    return {
        Tier.SMOKE: TierPolicy(role="triage", minutes=60),
        Tier.MVP: TierPolicy(role="write", minutes=240, cooldown_minutes=2),
        Tier.QUICK: TierPolicy(role="write", minutes=240, cooldown_minutes=2),
        Tier.STANDARD: TierPolicy(role="write", minutes=600, cooldown_minutes=10),
        Tier.DEEP: TierPolicy(role="maintain", minutes=3000, cooldown_minutes=60),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole of it. What the file leaves out stays as here."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    tiers: Mapping[Tier, TierPolicy] = field(default_factory=_tiers)
    default_tier: Tier = Tier.MVP
    memory_gb: float = 16.0
    """Of the runners; a model that needs more is left out."""
    gpu: bool = False
    """Whether there are runners with a GPU."""
    organisations: tuple[str, ...] = ()
    """Of the Hub whose models may be named besides those of the registry."""
    quiet: Quiet = Quiet.OFF
    nightly: str = "qwen-coder/7B, stale:60 mvp"
    """What a schedule certifies, in the words of a command."""
    backends: tuple[Backend, ...] = ()
    formats: tuple[Format, ...] = ()
    """What a claim is narrowed to when the command does not say; the certificate says so."""
    shards: int | None = None
    """Jobs of a run when the command does not say; else one for about 20 minutes each."""
    tickets: TicketPolicy = field(default_factory=TicketPolicy)
    maintainers: tuple[str, ...] = ()
    """People who count as maintainers whatever their role."""

    def tier(self, tier: Tier) -> TierPolicy:
        """Return what `tier` asks."""
        return self.tiers.get(tier) or _tiers()[tier]


def parse_policy(text: str, where: str = POLICY_PATH) -> Policy:
    """Return the policy in a YAML text; an empty one is the default. Raises InputError, with line and key."""
    marked = read_marked(text)
    if marked.faults:
        fault = marked.faults[0]
        raise InputError(fault.problem, where=f"{where}:{fault.line}", remedy=_REMEDY)
    try:
        policy = _adapter().validate_python(_with_defaults(marked.value or {}))
    except ValidationError as error:
        first = error.errors()[0]
        path = tuple(first["loc"])
        hint = did_you_mean(str(path[-1]), _KEYS) if first["type"] == "unexpected_keyword_argument" else ""
        line = marked.line(path)
        raise InputError(f"{dotted(path)}: {first['msg']}{hint}", where=f"{where}:{line}", remedy=_REMEDY) from None
    _check(policy, where)
    for tier, rule in policy.tiers.items():
        if rule.role.upper() not in Role.__members__ or rule.least is Role.NONE:
            roles = ", ".join(str(r) for r in Role if r)
            hint = did_you_mean(rule.role, map(str, Role))
            raise InputError(f"tiers.{tier}.role: {rule.role!r} is none of {roles}{hint}", where=where, remedy=_REMEDY)
    return policy


def _check(policy: Policy, where: str) -> None:
    """Raise InputError for numbers and names that nothing can be done with."""
    rules = policy.tickets
    problems = {
        "shards": policy.shards is not None and not 1 <= policy.shards <= SHARDS_LIMIT,
        "tickets.most": rules.most < 1,
        "tickets.passes": rules.passes < 1,
        "tickets.engine_repo": rules.engine_repo and not _REPOSITORY.fullmatch(rules.engine_repo),
        "tickets.file_repo": rules.file_repo and not _REPOSITORY.fullmatch(rules.file_repo),
    }
    for name, is_wrong in problems.items():
        if is_wrong:
            raise InputError(f"{name}: not a value that can be used", where=where, remedy=_REMEDY)


@cache
def _adapter() -> TypeAdapter[Policy]:
    return TypeAdapter(Policy)


_KEYS = tuple(f.name for shape in (Policy, TierPolicy, TicketPolicy) for f in fields(shape))


def _with_defaults(value: Any) -> Any:
    """A tier that the file names keeps the defaults of what it does not say."""
    if not isinstance(value, dict) or not isinstance(value.get("tiers"), dict):
        return value
    plain = {str(tier): asdict(rule) for tier, rule in _tiers().items()}
    named = {t: {**plain.get(t, {}), **rule} if isinstance(rule, dict) else rule for t, rule in value["tiers"].items()}
    return {**value, "tiers": {**plain, **named}}
