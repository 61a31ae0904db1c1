"""From the words of an order to models: those that will be certified, and those left out, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from apr_qa.catalog.models import find, known_models
from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.github.policy import Policy
from apr_qa.plan.predict import COSTS
from apr_qa.registry.rows import billions, size_of
from apr_qa.vocab.axes import Backend, Cell, Format, Tier
from apr_qa.vocab.catalog import KnownModel
from apr_qa.vocab.orders import Order, Selector, SelectorKind
from apr_qa.vocab.score import Status
from apr_qa.vocab.validity import parse_time

_BYTES_A_PARAMETER = 4.5
"""Of memory, whole: float32 weights and what is computed with them."""
_STORED_BYTES = 2.0
_TOKENS = 24
_GPU_FASTER = 10
_FAILED = (Status.BLOCKED, Status.PARTIAL, Status.FAIL)

_Axis = TypeVar("_Axis", Backend, Format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A model that will be certified."""

    model: KnownModel
    revision: str = ""
    cells: int
    """That can run on the runners of the policy."""
    required: int
    """That the tier asks for, as narrowed by the order."""
    gap: str = ""
    """Why some cannot run."""
    minutes: float
    memory_gb: float

    @property
    def name(self) -> str:
        """`org/name`."""
        return self.model.model


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A model that was named and will not be certified."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What an order comes to."""

    chosen: tuple[Chosen, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def minutes(self) -> float:
        """Predicted for all of it, one after another."""
        return sum(item.minutes for item in self.chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What the registry says now: rows by model, and the models whose playbooks a pull request touches."""

    rows: Mapping[str, Mapping[str, str]]
    changed: tuple[str, ...] = ()
    now: datetime


def select(order: Order, tier: Tier, policy: Policy, registry: Registry) -> Selection:
    """Return the models that fit memory and minutes, the smallest first, and the rest with reasons."""
    named: dict[str, tuple[KnownModel, str]] = {}
    left_out: list[LeftOut] = []
    for selector in order.selectors:
        for found in _models(selector, policy, registry):
            if isinstance(found, LeftOut):
                left_out.append(found)
            else:
                named.setdefault(found.model, (found, selector.revision))
    ordered = sorted(named.values(), key=lambda pair: (billions(pair[0].parameters), pair[0].model))
    fitting = [_sized(model, revision, order, tier, policy) for model, revision in ordered]
    chosen, too_much = _within(fitting, order, policy.tier(tier).minutes, policy)
    return Selection(chosen=chosen, left_out=(*left_out, *too_much))


def _models(selector: Selector, policy: Policy, registry: Registry) -> Iterable[KnownModel | LeftOut]:
    everything = known_models()
    match selector.kind:
        case SelectorKind.NAMED:
            return _named(selector.name, policy)
        case SelectorKind.ALL:
            return everything
        case SelectorKind.TOP:
            return everything[: selector.number]
        case SelectorKind.CHANGED:
            return [found for name in registry.changed for found in _named(name, policy)]
        case SelectorKind.FAILED:
            return [m for m in everything if _row(registry, m).get("status") in _FAILED]
        case SelectorKind.STALE:
            return [m for m in everything if _is_stale(_row(registry, m), registry.now, selector.number)]


def _named(name: str, policy: Policy) -> Sequence[KnownModel | LeftOut]:
    try:
        return find(name)
    except InputError:
        organisation = name.partition("/")[0]
        if organisation not in policy.organisations:
            reason = f"it is not in the registry, and the policy does not list the organisation {organisation}"
            return [LeftOut(name=name, reason=reason)]
        return [KnownModel(model=name, family="", parameters="", size=size_of(""))]


def _row(registry: Registry, model: KnownModel) -> Mapping[str, str]:
    return registry.rows.get(model.model, {})


def _is_stale(row: Mapping[str, str], now: datetime, days: int) -> bool:
    last = parse_time(row.get("last_certified", ""))
    return last is not None and last < now - timedelta(days=days)


def _sized(model: KnownModel, revision: str, order: Order, tier: Tier, policy: Policy) -> Chosen:
    spec = tiers()[tier]
    backends, formats = order.backends or backends_here(policy, tier), order.formats or formats_here(policy, tier)
    wanted = [c for c in spec.cells if _asked(c, backends, formats)]
    able = [c for c in wanted if policy.gpu or c.backend is not Backend.GPU]
    size = billions(model.parameters) * 1e9
    return Chosen(
        model=model,
        revision=revision,
        cells=len(able),
        required=len(wanted),
        gap="" if len(able) == len(wanted) else "gpu: there is no runner with one",
        minutes=round(sum(_minutes(c, size, spec.scenario_count) for c in able), 1),
        memory_gb=round(size * _BYTES_A_PARAMETER / 1e9, 1),
    )


def _asked(cell: Cell, backends: tuple[Backend, ...], formats: tuple[Format, ...]) -> bool:
    return (not backends or cell.backend in backends) and (not formats or cell.format in formats)


def backends_here(policy: Policy, tier: Tier) -> tuple[Backend, ...]:
    """Return what of the tier's backends the machines offer; empty: all of them, so nothing is narrowed."""
    return _here(policy.backends, {cell.backend for cell in tiers()[tier].cells})


def formats_here(policy: Policy, tier: Tier) -> tuple[Format, ...]:
    """Return what of the tier's formats is asked for here; empty: all of them, so nothing is narrowed."""
    return _here(policy.formats, {cell.format for cell in tiers()[tier].cells})


def _here(offered: tuple[_Axis, ...], asked: set[_Axis]) -> tuple[_Axis, ...]:
    """What is offered and asked. When that is nothing, what is offered: the plan then says what is wrong with it."""
    both = tuple(value for value in offered if value in asked)
    return () if asked <= set(both) else both or offered


def _minutes(cell: Cell, parameters: float, scenarios: int) -> float:
    cost, stored = COSTS["apr"], parameters * _STORED_BYTES
    faster = _GPU_FASTER if cell.backend is Backend.GPU else 1
    seconds = cost.start_s + stored / cost.load_bytes_per_s
    return (seconds + scenarios * _TOKENS * stored / cost.compute_bytes_per_s / faster) / 60


def _within(
    models: Iterable[Chosen], order: Order, budget: int, policy: Policy
) -> tuple[tuple[Chosen, ...], tuple[LeftOut, ...]]:
    kept: list[Chosen] = []
    dropped: list[LeftOut] = []
    spent = 0.0
    for item in models:
        reason = _unfit(item, order, policy)
        if not reason and spent + item.minutes > budget:
            reason = f"with it the command would take over {budget} minutes, the policy's bound"
        if reason:
            dropped.append(LeftOut(name=item.name, reason=reason))
        else:
            kept.append(item)
            spent += item.minutes
    return tuple(kept), tuple(dropped)


def _unfit(item: Chosen, order: Order, policy: Policy) -> str:
    if item.memory_gb > policy.memory_gb:
        return f"it needs about {item.memory_gb:.0f} GB of memory, the policy has {policy.memory_gb:.0f}"
    if not item.cells:
        return item.gap or "no cell of the tier is left"
    if order.max_minutes is not None and item.minutes > order.max_minutes:
        return f"it takes about {item.minutes:.0f} minutes, over max-minutes={order.max_minutes}"
    return ""
