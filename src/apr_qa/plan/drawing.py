"""Gates draw their claims, and the questions that these need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apr_qa.errors import InputError
from apr_qa.files import plain_data
from apr_qa.plan.watched import Watched
from apr_qa.rooms import RoomError
from apr_qa.vocab.axes import Category
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.gates import Brief, Gate
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """All that the gates drew."""

    claims: tuple[Claim, ...]
    probes: tuple[Scenario, ...]
    not_run: tuple[NotRun, ...]
    narrowed: tuple[str, ...]


def require_categories(tier: TierSpec, gates: Sequence[Gate]) -> None:
    """Refuse a tier that plans no gate in one of the six categories. Raises InputError, naming tier and categories."""
    planned = {gate.spec.category for gate in gates if tier.tier in gate.spec.tiers}
    if missing := [category for category in Category if category not in planned]:
        raise InputError(
            f"no gate is planned in {', '.join(missing)}: a score would rest on nothing there",
            where=f"tier {tier.tier}",
            remedy="Add the tier to the `tiers` of a gate in each of these categories.",
        )


def draw(gates: Sequence[Gate], brief: Brief) -> Hand:
    """Return claims and probes of the tier's gates, in their order.

    Raises RoomError when gates contradict each other.
    """
    off = {name for name, on in brief.playbook.gates.items() if not on}
    claims: dict[str, Claim] = {}
    probes: dict[str, Scenario] = {}
    not_run: list[NotRun] = []
    for gate in gates:
        if brief.tier.tier not in gate.spec.tiers or gate.spec.gateway in off:
            continue
        drawn = gate.draw(gate.spec, brief)
        not_run += drawn.not_run
        for scenario in drawn.scenarios:
            if probes.setdefault(scenario.id, scenario) != scenario:
                raise RoomError(f"{gate.spec.id}: another gate asks something else under {scenario.id}")
        for claim in drawn.claims:
            if claim.id in claims:
                raise RoomError(f"{gate.spec.id}: the claim {claim.id} is drawn twice")
            claims[claim.id] = _plain(claim)
    _check_needs(claims.values(), {*probes, *(scenario.id for scenario in brief.matrix)})
    return Hand(
        claims=tuple(claims.values()),
        probes=tuple(probes.values()),
        not_run=(*not_run, *_empty_categories(claims.values())),
        narrowed=tuple(f"gateway {name}: switched off by the playbook" for name in sorted(off)),
    )


def _plain(claim: Claim) -> Claim:
    """Return the claim with plain values where its gate passed on a part of the playbook, which is then read."""
    if any(isinstance(value, Watched) for value in claim.params.values()):
        return replace(claim, params=plain_data(claim.params))
    return claim


def _check_needs(claims: Iterable[Claim], known: set[str]) -> None:
    for claim in claims:
        if strangers := [name for name in claim.needs if name not in known]:
            raise RoomError(f"{claim.id} needs {strangers[0]}, which nobody asks")


def _empty_categories(claims: Iterable[Claim]) -> Iterator[NotRun]:
    drawn = {claim.category for claim in claims}
    for category in Category:
        if category not in drawn:
            yield NotRun(what=f"category {category}", reason="none of its gates could draw a claim here", required=True)
