"""Two pieces of evidence side by side: flipped verdicts, speed, score; what got worse beyond chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apr_qa.pipeline.rescore import Rescored, rescore
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.score import GatewayState
from apr_qa.vocab.throughput import rates
from apr_qa.vocab.verdict import Outcome

SURE = 0.05
"""A share of flips less likely than this by chance is a change."""
SLOWER = 0.97
"""A regression of speed is one whose whole interval lies below this."""
_RESAMPLES = 2000
_SEED = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A claim that both judged, and differently."""

    claim: str
    before: Outcome
    after: Outcome
    reason: str
    """Of the verdict that was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Tokens per second of one format and backend; the ratio is after to before."""

    where: str
    before: float
    after: float
    ratio: float
    lowest: float | None
    """Lower end of the 95 % bootstrap interval of the ratio of medians; None with fewer than 2 answers a side."""
    highest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed from one to the other."""

    before: Rescored
    after: Rescored
    paired: int
    """Claims that both judged."""
    flips: tuple[Flip, ...]
    p_value: float
    """Of as uneven flips by chance: McNemar's exact test; 1 without flips."""
    paces: tuple[Pace, ...]
    drifts: Mapping[str, tuple[float, float]]
    """Divergences (nats a token) that both measured, by claim and name."""
    worse: tuple[str, ...]
    """What got worse beyond chance, a sentence each."""


def compare(before: Path, after: Path) -> Comparison:
    """Return what changed. Raises InputError for evidence that cannot be read."""
    first, second = rescore(before), rescore(after)
    pairs = list(_pairs(first.evidence, second.evidence))
    flips = tuple(_flip(a, b) for a, b in pairs if _won(a) != _won(b))
    lost = sum(flip.after.is_lost for flip in flips)
    p_value = _mcnemar(lost, len(flips) - lost)
    paces = tuple(_paces(first.evidence, second.evidence))
    return Comparison(
        before=first,
        after=second,
        paired=len(pairs),
        flips=flips,
        p_value=p_value,
        paces=paces,
        drifts=dict(_drifts(pairs)),
        worse=tuple(_worse(first, second, flips, p_value, paces)),
    )


def _pairs(first: Evidence, second: Evidence) -> Iterator[tuple[Judged, Judged]]:
    earlier = {judged.claim.id: judged for judged in first.judged if judged.verdict.outcome.is_judged}
    for judged in second.judged:
        if judged.verdict.outcome.is_judged and judged.claim.id in earlier:
            yield earlier[judged.claim.id], judged


def _won(judged: Judged) -> bool:
    return judged.verdict.outcome is Outcome.CORROBORATED


def _flip(before: Judged, after: Judged) -> Flip:
    lost = before if _won(after) else after
    return Flip(
        claim=after.claim.id,
        before=before.verdict.outcome,
        after=after.verdict.outcome,
        reason=lost.verdict.reason,
    )


def _mcnemar(lost: int, won: int) -> float:
    from scipy.stats import binomtest

    return float(binomtest(lost, lost + won, 0.5).pvalue) if lost + won else 1.0


def _paces(first: Evidence, second: Evidence) -> Iterator[Pace]:
    import numpy as np

    earlier, later = rates(first), rates(second)
    for key in earlier.keys() & later.keys():
        was, now = float(np.median(earlier[key])), float(np.median(later[key]))
        low, high = _interval(earlier[key], later[key])
        yield Pace(where="-".join(key), before=was, after=now, ratio=now / was, lowest=low, highest=high)


def _interval(before: tuple[float, ...], after: tuple[float, ...]) -> tuple[float | None, float | None]:
    """Return the 95 % percentile bootstrap interval of the ratio of medians."""
    if min(len(before), len(after)) < 2:
        return None, None
    import numpy as np

    dice = np.random.default_rng(_SEED)
    was = np.median(dice.choice(before, (_RESAMPLES, len(before))), axis=1)
    now = np.median(dice.choice(after, (_RESAMPLES, len(after))), axis=1)
    low, high = np.quantile(now / was, (0.025, 0.975))
    return float(low), float(high)


def _drifts(pairs: list[tuple[Judged, Judged]]) -> Iterator[tuple[str, tuple[float, float]]]:
    for before, after in pairs:
        for name, was in before.verdict.detail.items():
            now = after.verdict.detail.get(name)
            if "kld" in name and isinstance(was, float) and isinstance(now, float):
                yield f"{after.claim.id} {name}", (was, now)


def _worse(
    first: Rescored, second: Rescored, flips: tuple[Flip, ...], p_value: float, paces: tuple[Pace, ...]
) -> Iterator[str]:
    for gateway, state in second.scorecard.gateways.items():
        if state is GatewayState.FELL and first.scorecard.gateways.get(gateway) is GatewayState.HOLDS:
            yield f"gateway {gateway} fell"
    lost = sum(flip.after.is_lost for flip in flips)
    if p_value < SURE and lost > len(flips) - lost:
        yield f"{lost} claims were lost and {len(flips) - lost} won, p = {p_value:.2g}"
    for pace in paces:
        if pace.highest is not None and pace.highest < SLOWER:
            yield f"{pace.where} is slower: {pace.ratio:.2f} of before, at most {pace.highest:.2f} at 95 %"
