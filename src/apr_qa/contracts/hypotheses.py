"""Why a tensor differs: the faults that conversions really have, each tried as another recipe.

Cheap first: a few rows decide which suspects are worth a comparison of the whole tensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apr_qa.contracts.compare import Comparison, Pairing
from apr_qa.contracts.envelopes import Envelope
from apr_qa.contracts.mapping import Pair
from apr_qa.contracts.recipes import CannotApplyError, Recipe, Rows, permuted, row_count, whole, with_rows
from apr_qa.vocab.families import Op

SAMPLE_ROWS = 16
_BETTER = 0.5
"""A suspect explains a tensor only if its residual is below this share of the declared one."""
_NEARLY = 0.05
"""Below this share it explains the tensor even though something small is left, a second fault perhaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One fault: `made` is what the file would hold if it had happened."""

    kind: str
    says: str
    made: Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The fault that explains a tensor best."""

    kind: str
    says: str
    after: float
    """Residual once the fault is undone."""
    tried: Mapping[str, float]
    """Residual over some rows under each suspect, the best first."""


def explain(
    pairing: Pairing, pair: Pair, others: Sequence[Pair], seen: Comparison, setting: tuple[Envelope, Mapping[str, Any]]
) -> Explanation | None:
    """Return the fault of the whole tensor `pair`; None when none of the known ones explains what was seen."""
    envelope, numbers = setting
    rows = _sample(pairing)
    suspects = [*transforms(pair, numbers), *_swaps(pair, others), *_offsets(pair), *_factors(pair, seen)]
    tried: dict[str, tuple[float, Suspect]] = {}
    for suspect in suspects:
        if suspect.made.shape != pair.made.shape:
            continue
        after = pairing.sample(suspect.made, rows)
        if suspect.says not in tried:
            tried[suspect.says] = (after, suspect)
    ranked = sorted(tried.values(), key=lambda item: item[0])
    residuals = {suspect.says: after for after, suspect in ranked}
    for after, suspect in ranked[:3]:
        if after > _BETTER * seen.residual:
            break
        found = pairing.compare(suspect.made, envelope)
        better = found.residual <= _BETTER * seen.residual
        if better and (found.fits(envelope) or found.residual < _NEARLY * seen.residual):
            return Explanation(kind=suspect.kind, says=suspect.says, after=found.residual, tried=residuals)
    return None


def _sample(pairing: Pairing) -> Rows:
    if len(pairing.shape) < 2:
        return np.zeros(1, dtype=np.int64)
    return np.unique(np.linspace(0, pairing.rows - 1, SAMPLE_ROWS).astype(np.int64))


def transforms(pair: Pair, numbers: Mapping[str, Any]) -> Iterator[Suspect]:
    """Yield what is left of the declared steps when one is left out, doubled or turned back, and undeclared ones."""
    made = pair.made
    if len(made.shape) == 2 and not made.transposed:
        yield Suspect(kind="transposed", says="transposed", made=_turned(made))
    if made.transposed == 1:
        yield Suspect(kind="not transposed", says="not transposed", made=replace(made, transposed=0))
    if Op.REGROUP in pair.ops:
        yield Suspect(kind="qkv rows", says="q, k, v rows not regrouped", made=replace(made, rows=None))
    role = pair.role.removesuffix("_bias")
    if role in ("q", "k", "v", "qkv") and not made.transposed:
        yield from _suspected_rows(pair, role, numbers)


def _turned(made: Recipe) -> Recipe:
    return replace(made, shape=made.shape[::-1], transposed=1)


def _suspected_rows(pair: Pair, role: str, numbers: Mapping[str, Any]) -> Iterator[Suspect]:
    for kind, says, rows in _orders(pair, role, numbers):
        try:
            made = rows()
        except CannotApplyError:
            continue
        yield Suspect(kind=kind, says=says, made=made)


def _orders(pair: Pair, role: str, numbers: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield (kind, words, recipe) of other row orders; a recipe raises CannotApplyError where heads do not fit."""
    made, count = pair.made, row_count(pair.made)
    heads = "num_attention_heads" if role == "q" else "num_key_value_heads"
    wrong = "num_key_value_heads" if role == "q" else "num_attention_heads"

    def turn() -> Rows:
        return permuted(count, whole(numbers, heads))

    declared = Op.PERMUTE_Q in pair.ops or Op.PERMUTE_K in pair.ops
    if declared:
        plain = _unpermuted(pair, turn)
        yield "q/k permutation", "q/k row permutation missing", plain
        yield "q/k permutation", "q/k row permutation applied twice", lambda: with_rows(made, turn())
        yield (
            "q/k permutation",
            "q/k row permutation applied backwards",
            lambda: with_rows(plain(), np.argsort(turn())),
        )
        yield (
            "q/k permutation",
            f"q/k rows permuted with {numbers.get(wrong)} heads instead of {numbers.get(heads)}",
            lambda: with_rows(plain(), permuted(count, whole(numbers, wrong))),
        )
    elif role in ("q", "k"):
        yield "q/k permutation", "q/k row permutation, which is not declared", lambda: with_rows(made, turn())
        yield "q/k permutation", "q/k row permutation backwards", lambda: with_rows(made, np.argsort(turn()))
    for says, order in _head_orders(role, numbers):
        yield "head order", says, lambda order=order: with_rows(made, _by_heads(count, order()))


def _unpermuted(pair: Pair, turn: Any) -> Any:
    """Return a function that gives the recipe without its permutation."""

    def plain() -> Recipe:
        return with_rows(pair.made, np.argsort(turn()))

    return plain


def _head_orders(role: str, numbers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    own = "num_attention_heads" if role == "q" else "num_key_value_heads"

    def counts() -> tuple[int, int]:
        return whole(numbers, own), whole(numbers, "num_key_value_heads")

    def interleaved() -> Rows:
        heads, groups = counts()
        return np.arange(heads).reshape(groups, -1).T.reshape(-1) if role == "q" else np.arange(heads)

    def back() -> Rows:
        return np.argsort(interleaved())

    yield "query heads ordered across the groups (GQA)", interleaved
    yield "query heads ordered back from across the groups (GQA)", back
    yield "heads in reverse order", lambda: np.arange(counts()[0])[::-1]
    yield "heads rotated by one", lambda: np.roll(np.arange(counts()[0]), 1)
    yield "heads rotated back by one", lambda: np.roll(np.arange(counts()[0]), -1)


def _by_heads(rows: int, order: Rows) -> Rows:
    if rows % len(order):
        raise CannotApplyError(f"{rows} rows do not make {len(order)} heads")
    lying = np.arange(rows).reshape(len(order), -1)[order].reshape(-1)
    if np.array_equal(lying, np.arange(rows)):
        raise CannotApplyError("that is the right order")
    return lying


def _swaps(pair: Pair, others: Iterable[Pair]) -> Iterator[Suspect]:
    """Yield other tensors of the same shape: in the layer first, then the same role in other layers."""
    for other in others:
        if other.name == pair.name or other.made.shape != pair.made.shape:
            continue
        if other.layer == pair.layer:
            yield Suspect(kind="tensors swapped", says=f"holds what belongs in {other.name}", made=other.made)
        elif other.role == pair.role:
            says = f"holds what belongs in layer {other.layer}"
            yield Suspect(kind="layers swapped", says=says, made=other.made)


def _offsets(pair: Pair) -> Iterator[Suspect]:
    made = pair.made
    if "norm" not in pair.role or pair.role.endswith("bias"):
        return
    if made.shift:
        yield Suspect(kind="+1", says="the +1 of norm weights is missing", made=replace(made, shift=0.0))
        yield Suspect(kind="+1", says="the +1 of norm weights is applied twice", made=replace(made, shift=2.0))
    else:
        yield Suspect(
            kind="+1", says="1 is added to norm weights, which is not declared", made=replace(made, shift=1.0)
        )
        yield Suspect(kind="+1", says="1 is taken from norm weights", made=replace(made, shift=-1.0))


def _factors(pair: Pair, seen: Comparison) -> Iterator[Suspect]:
    """Yield one factor for all values, as the best fit says."""
    if not np.isfinite(seen.residual):
        return
    if abs(seen.gain + 1) < 1e-2:
        yield Suspect(kind="sign", says="the sign of every value is turned", made=replace(pair.made, scale=-1.0))
    elif abs(seen.gain - 1) > 1e-4 and seen.gain:
        says = f"every value scaled by {seen.gain:.4g}"
        yield Suspect(kind="scaled", says=says, made=replace(pair.made, scale=seen.gain))
