"""I-4: every value of the other file against ground truth, and the name of the fault where they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apr_qa.contracts.compare import Comparison, Pairing
from apr_qa.contracts.envelopes import Envelope, envelope_for, on_the_way
from apr_qa.contracts.hypotheses import explain
from apr_qa.contracts.local import damage
from apr_qa.contracts.mapping import Pair
from apr_qa.contracts.recipes import Truth
from apr_qa.contracts.requantised import detour
from apr_qa.weights import Weights
from apr_qa.weights.tiles import Tiles

NAMED_LIMIT = 64
"""Faulty tensors whose fault is looked for; with more of them the first ones tell the story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One tensor that is not what ground truth makes of it."""

    tensor: str
    kind: str
    """`q/k permutation`, `tensors swapped`, `rows zeroed` ...; `unexplained` when no known fault fits."""
    says: str
    before: float
    """Relative residual against what is declared, for a few rows or a block over these; infinite when not finite."""
    after: float | None = None
    """Residual once the fault is undone; None when it is unexplained."""
    rows: tuple[int, ...] = ()
    tried: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The whole file."""

    compared: int
    faults: tuple[Fault, ...]
    unbounded: tuple[str, ...]
    """Types for which no envelope is known; their tensors were not judged."""
    worst: Mapping[str, float]
    """Largest residual that fits, by stored type."""
    provisional: tuple[str, ...] = ()
    """Types judged by an envelope that was derived, not measured."""


def examine(
    truth: Weights,
    other: Weights,
    pairs: Sequence[Pair],
    numbers: Mapping[str, Any],
    through: Collection[str] = (),
) -> Findings:
    """Compare every pair, one tensor in memory at a time. Raises MalformedWeights for types that cannot be decoded.

    `through`: types of files that the values of matrices went through on their way from the truth to `other`.
    """
    source, stored = Truth(Tiles(truth)), Tiles(other)
    faults: list[Fault] = []
    unbounded: dict[str, None] = {}
    provisional: dict[str, None] = {}
    worst: dict[str, float] = {}
    for pair in pairs:
        true = truth.tensors[pair.made.sources[0]].dtype
        envelope = envelope_for(other.tensors[pair.name].dtype, true)
        pairing = Pairing(source, stored, pair.name)
        if envelope is not None and len(pairing.shape) > 1:
            envelope = on_the_way(envelope, through, true)
        if envelope is None:
            unbounded[pairing.dtype] = None
            continue
        if envelope.provisional:
            provisional[pairing.dtype] = None
        seen = pairing.compare(pair.made, envelope)
        if seen.fits(envelope):
            worst[pairing.dtype] = max(worst.get(pairing.dtype, 0.0), seen.residual)
        else:
            setting = (envelope, numbers)
            faults.append(fault_of(pairing, pair, pairs, seen, setting, named=len(faults) < NAMED_LIMIT))
    return Findings(
        compared=len(pairs),
        faults=tuple(faults),
        unbounded=tuple(unbounded),
        worst=worst,
        provisional=tuple(provisional),
    )


def fault_of(
    pairing: Pairing,
    pair: Pair,
    pairs: Sequence[Pair],
    seen: Comparison,
    setting: tuple[Envelope, Mapping[str, Any]],
    *,
    named: bool,
) -> Fault:
    """Return what happened to `pair`, which `seen` shows to be beyond its envelope; unless `named`, only that it did.

    `pairs` are the tensors that it may have been swapped with, `setting` its envelope and the config's numbers.
    """
    if not named:
        return Fault(
            tensor=pair.name, kind="unexplained", says="differs; its fault was not looked for", before=seen.residual
        )
    if _blank(pairing):
        return Fault(tensor=pair.name, kind="zeroed", says="holds nothing but zeros", before=seen.residual, after=0.0)
    whole = explain(pairing, pair, pairs, seen, setting)
    if whole is not None:
        tried, after = whole.tried, whole.after
        return Fault(tensor=pair.name, kind=whole.kind, says=whole.says, before=seen.residual, after=after, tried=tried)
    through = detour(pairing, pair.made, setting[0])
    if through is not None:
        says = f"stored as {pairing.dtype}, its values are those of {through[0]}"
        return Fault(tensor=pair.name, kind="fallback", says=says, before=seen.residual, after=through[1])
    local = damage(pairing, pair.made, seen, setting[0])
    if local is not None:
        return Fault(
            tensor=pair.name, kind=local.kind, says=local.says, before=local.before, after=local.after, rows=local.rows
        )
    row, column = seen.peak_at
    says = f"differs most in row {row} from column {column} on; no known fault explains it"
    rows = tuple(int(r) for r in seen.bad_rows[:64])
    return Fault(tensor=pair.name, kind="unexplained", says=says, before=seen.residual, rows=rows)


def _blank(pairing: Pairing) -> bool:
    from apr_qa.weights.tiles import spans

    spread = spans(pairing.rows, pairing.columns)
    return not any(pairing.other.rows(pairing.name, start, stop).any() for start, stop in spread)


def sentence(faults: Sequence[Fault]) -> str:
    """Return the faults in one sentence: the first of the commonest kind, and how many more there are."""
    first = _foremost(faults)
    alike = [f for f in faults if f.kind == first.kind]
    partner = next((f for f in alike if first.says == f"holds what belongs in {f.tensor}"), None)
    text = f"{first.tensor}: {first.says}"
    if partner is not None and partner.says == f"holds what belongs in {first.tensor}":
        text = f"{first.tensor} and {partner.tensor} are swapped"
        alike = [f for f in alike if f is not partner]
    residuals = f"residual {_short(first.before)} as declared"
    if first.after is not None:
        residuals += f", {_short(first.after)} with that undone"
    more = len(alike) - 1
    others = len(faults) - len(alike) - (1 if partner is not None and partner not in alike else 0)
    text += f"; {residuals}"
    text += f"; the same in {more} more" if more else ""
    return text + (f"; {others} other tensors differ too" if others else "")


def _foremost(faults: Sequence[Fault]) -> Fault:
    """The first fault of the commonest kind, explained ones before the others."""
    kinds = [f.kind for f in faults if f.kind != "unexplained"]
    if not kinds:
        return faults[0]
    kind = max(dict.fromkeys(kinds), key=kinds.count)
    return next(f for f in faults if f.kind == kind)


def _short(value: float) -> str:
    return "not a number" if value != value or value in (float("inf"), float("-inf")) else f"{value:.2g}"  # noqa: PLR0124
