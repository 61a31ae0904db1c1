"""Two models, tensor by tensor: the same bytes, the same values, as near as their types allow, or what was done."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from apr_qa.contracts.compare import Comparison, Pairing
from apr_qa.contracts.envelopes import Envelope, envelope_for, envelopes
from apr_qa.contracts.mapping import Pair
from apr_qa.contracts.recipes import Recipe, Truth
from apr_qa.contracts.statistics import NAMED_LIMIT, Fault, fault_of
from apr_qa.errors import AprQaError, Exit
from apr_qa.pipeline.diff_settings import Setting, settings
from apr_qa.pipeline.diff_sides import Matched, Side, match, open_side
from apr_qa.weights import MalformedWeights
from apr_qa.weights.tiles import Tiles

_HOLDS_ALL = ("f32", "f64")
"""Types that round nothing."""


class Likeness(StrEnum):
    """How alike two tensors are."""

    MISSING = "missing"
    MISSHAPEN = "other shape"
    DIFFERENT = "different"
    NEAR = "near"
    """As near as the coarser of the two types allows."""
    EQUAL = "equal"
    """The same values, stored in other types or another order."""
    IDENTICAL = "identical"
    """The same bytes."""

    @property
    def is_alike(self) -> bool:
        """Whether one may stand for the other."""
        return self in (Likeness.NEAR, Likeness.EQUAL, Likeness.IDENTICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorDiff:
    """One tensor on both sides."""

    first: str
    """Name in the first model; empty where it is missing."""
    second: str
    shape: tuple[int, ...]
    dtypes: tuple[str, str]
    likeness: Likeness
    error: float | None
    """Root of the summed squared differences over that of the values; None where nothing was compared or not finite."""
    says: str = ""
    kind: str = ""
    """The named transform, such as `q/k permutation`; `unexplained` when none fits."""
    after: float | None = None
    """The error once that transform is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The two models side by side."""

    first: str
    second: str
    family: str
    """By which names were matched between formats; empty when the names are the same."""
    tensors: tuple[TensorDiff, ...]
    """Worst first."""
    settings: tuple[Setting, ...]

    @property
    def exit(self) -> Exit:
        """1 when a tensor is not alike, or a setting that counts differs."""
        alike = all(one.likeness.is_alike for one in self.tensors)
        return Exit.PASSED if alike and not any(one.counts for one in self.settings) else Exit.BLOCKED


def diff(first: Path, second: Path, busy: Callable[[str], None] = lambda _doing: None) -> Diff:
    """Compare the weights at two paths, in whatever formats. Raises InputError, and AprQaError for broken files."""
    try:
        a, b = open_side(first), open_side(second)
        with a.weights, b.weights:
            matched = match(a, b)
            rows = [*_unmatched(matched, a, b), *_compared(matched, a, b, busy)]
            found = settings(a, b)
    except MalformedWeights as error:
        raise AprQaError(str(error), remedy=f"apr-qa validate-contract {error.file}") from None
    order = list(Likeness)
    rows.sort(key=lambda row: (order.index(row.likeness), -(math.inf if row.error is None else row.error)))
    return Diff(
        first=a.artefact.path.name,
        second=b.artefact.path.name,
        family=matched.family,
        tensors=tuple(rows),
        settings=found,
    )


def _unmatched(matched: Matched, a: Side, b: Side) -> Iterator[TensorDiff]:
    truth, other = (a, b) if matched.truth_is_first else (b, a)
    for side, names in ((truth, matched.only_in_truth), (other, matched.only_in_other)):
        for name in names:
            info = side.weights.tensors[name]
            here = side is a
            yield TensorDiff(
                first=name if here else "",
                second="" if here else name,
                shape=info.shape,
                dtypes=(info.dtype, "") if here else ("", info.dtype),
                likeness=Likeness.MISSING,
                error=None,
                says=f"only in the {'first' if here else 'second'}",
            )
    for name, why in matched.misshapen.items():
        info = other.weights.tensors[name]
        yield TensorDiff(
            first=name, second=name, shape=info.shape, dtypes=("", info.dtype), likeness=Likeness.MISSHAPEN, error=None,
            says=why,
        )  # fmt: skip


def _compared(matched: Matched, a: Side, b: Side, busy: Callable[[str], None]) -> Iterator[TensorDiff]:
    truth, other = (a, b) if matched.truth_is_first else (b, a)
    source, stored = Truth(Tiles(truth.weights)), Tiles(other.weights)
    named = 0
    for number, pair in enumerate(matched.pairs, start=1):
        busy(f"tensor {number} of {len(matched.pairs)}, {pair.name}")
        pairing = Pairing(source, stored, pair.name)
        if _same_bytes(pairing, pair.made):
            yield _row(matched, pairing, pair, Likeness.IDENTICAL, None)
            continue
        envelope = _envelope(pairing, pair)
        seen = pairing.compare(pair.made, envelope)
        likeness = _likeness(seen, envelope)
        fault = None
        if likeness is Likeness.DIFFERENT:
            setting: tuple[Envelope, Mapping[str, Any]] = (envelope, matched.numbers)
            fault = fault_of(pairing, pair, matched.pairs, seen, setting, named=named < NAMED_LIMIT)
            named += 1
        yield _row(matched, pairing, pair, likeness, seen, fault)


def _same_bytes(pairing: Pairing, made: Recipe) -> bool:
    truth, (name, *more) = pairing.truth.tiles.weights, made.sources
    moved = more or made.rows is not None or made.transposed or made.shift or made.scale != 1.0
    if moved or truth.tensors[name].dtype != pairing.dtype:
        return False
    return np.array_equal(truth.raw(name), pairing.other.weights.raw(pairing.name))


def _envelope(pairing: Pairing, pair: Pair) -> Envelope:
    """The envelope of the coarser type; where that was never measured, values must be the same."""
    here, there = pairing.dtype, pairing.truth.tiles.weights.tensors[pair.made.sources[0]].dtype
    ways = [envelope_for(*types) for types in ((here, there), (there, here)) if types[0] not in _HOLDS_ALL]
    found = [way for way in ways if way is not None]
    if len(found) < len(ways) or not found:
        return envelopes()["exact"]
    return max(found, key=lambda way: way.residual)


def _likeness(seen: Comparison, envelope: Envelope) -> Likeness:
    if seen.nonfinite == 0 and seen.residual == 0:
        return Likeness.EQUAL
    return Likeness.NEAR if seen.fits(envelope) else Likeness.DIFFERENT


def _row(
    matched: Matched,
    pairing: Pairing,
    pair: Pair,
    likeness: Likeness,
    seen: Comparison | None,
    fault: Fault | None = None,
) -> TensorDiff:
    source = pair.made.sources[0]
    names, dtypes = (source, pair.name), (pairing.truth.tiles.weights.tensors[source].dtype, pairing.dtype)
    if not matched.truth_is_first:
        names, dtypes = names[::-1], dtypes[::-1]
    return TensorDiff(
        first=names[0],
        second=names[1],
        shape=pairing.shape,
        dtypes=(dtypes[0], dtypes[1]),
        likeness=likeness,
        error=0.0 if seen is None else _finite(seen.residual),
        says=fault.says if fault else "",
        kind=fault.kind if fault else "",
        after=_finite(fault.after) if fault else None,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
