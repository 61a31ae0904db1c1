"""Two pieces of evidence side by side: flipped verdicts, speed, score; what got worse beyond chance."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from apr_qa.pipeline.rescore import Rescored, rescore
from apr_qa.registry.store import read_records
from apr_qa.stats.fence import lower_fence
from apr_qa.stats.paired import mcnemar
from apr_qa.stats.resampling import ratio_interval
from apr_qa.vocab.evidence import Evidence, Judged, machine_of
from apr_qa.vocab.score import GatewayState
from apr_qa.vocab.throughput import rates
from apr_qa.vocab.verdict import Outcome

SURE = 0.05
"""A share of flips less likely than this by chance is a change."""
SLOWER = 0.97
"""A regression of speed is one whose whole interval lies below this."""
EVIDENCE = "evidence.json"


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
    """Lower end of the 95 % bootstrap interval of the ratio of medians; None with too few answers on a side."""
    highest: float | None
    same_machine: bool
    fence: float | None
    """Tukey's lower fence of the medians in the registry; None without a history."""

    @property
    def is_regression(self) -> bool:
        """Whether the interval excludes a loss of 3 % and the history, if there is one, is left too."""
        below = self.highest is not None and self.highest < SLOWER
        return below and self.same_machine and (self.fence is None or self.after < self.fence)


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


def compare(before: Path, after: Path, registry: Path | None = None) -> Comparison:
    """Return what changed between two pieces of evidence, or two folders with `evidence.json`.

    `registry`: where earlier certifications are, for the speeds that were usual. Raises InputError for evidence that
    cannot be read.
    """
    first, second = rescore(_evidence_in(before)), rescore(_evidence_in(after))
    pairs = list(_pairs(first.evidence, second.evidence))
    flips = tuple(_flip(a, b) for a, b in pairs if _won(a) != _won(b))
    lost = sum(flip.after.is_lost for flip in flips)
    p_value = mcnemar(lost, len(flips) - lost)
    paces = tuple(_paces(first.evidence, second.evidence, registry))
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


def _evidence_in(path: Path) -> Path:
    """The evidence itself, or that of a run's folder, or that which lies beside a certificate."""
    beside = path / EVIDENCE if path.is_dir() else path.with_name(EVIDENCE)
    return beside if path.is_dir() or (path.name.startswith("certificate.") and beside.is_file()) else path


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


def _paces(first: Evidence, second: Evidence, registry: Path | None) -> Iterator[Pace]:
    earlier, later = rates(first), rates(second)
    machine = machine_of(second.run)
    for key in [key for key in earlier if key in later]:
        where = "-".join(key)
        was, now = statistics.median(earlier[key]), statistics.median(later[key])
        low, high = ratio_interval(earlier[key], later[key]) or (None, None)
        yield Pace(
            where=where,
            before=was,
            after=now,
            ratio=now / was,
            lowest=low,
            highest=high,
            same_machine=machine == machine_of(first.run),
            fence=lower_fence(_history(registry, second.run.model, machine, where)),
        )


def _history(registry: Path | None, model: str, machine: str, where: str) -> list[float]:
    """Medians of earlier certifications of the model on the same machine."""
    records = read_records(registry) if registry and registry.is_dir() else ()
    mine = [record for record in records if record.model == model and record.machine == machine]
    return [record.tps[where].median for record in mine if where in record.tps]


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
        if pace.is_regression:
            yield f"{pace.where} is slower: {pace.ratio:.2f} of before, at most {pace.highest:.2f} at 95 %"
