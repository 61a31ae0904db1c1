"""One view of evidence and scorecard, from which every rendering is made: pure, small, in words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from apr_qa.reports._advice import Step, checks, next_step
from apr_qa.reports._cells import CellTable, cell_table
from apr_qa.reports._complete import complete
from apr_qa.reports._display import one_line
from apr_qa.reports._failures import FailureGroup, grouped_failures
from apr_qa.reports._figures import CategoryBar, SpeedBar, category_bars, provenance, speed_bars
from apr_qa.reports._statements import (
    Counts,
    OpenClaims,
    Statement,
    by_gateway,
    not_looked_at,
    not_proved,
    open_claims,
    proved,
)
from apr_qa.reports._words import GATEWAYS, STATE_TONES, STATUS_MARKS, STATUS_TONES, day, plural
from apr_qa.vocab.axes import Gateway
from apr_qa.vocab.evidence import Evidence, RunRecord
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.score import GatewayState, Scorecard, Status
from apr_qa.vocab.validity import expiry
from apr_qa.vocab.verdict import Outcome

PROVISIONAL_AT = 700
"""Raw MQS from which a model is not blocked; the score stage decides, this only draws the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayView:
    """One of the five, with its word."""

    id: str
    name: str
    state: str
    tone: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """The MQS scale: where the score stands, what was earned, where the bars are."""

    mqs: int
    earned: int
    taken: str
    """Which gateways took the difference away; empty when none."""
    provisional_at: int
    certified_at: int
    certifies: bool
    """False when the tier claims no more than PROVISIONAL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a report shows, in the order in which it should be read."""

    organisation: str
    model: str
    status: str
    tone: str
    mark: str
    reason: str
    step: Step
    started: str
    expires: str
    tier: str
    ruler: Ruler
    gateways: tuple[GatewayView, ...]
    table: CellTable
    proved: tuple[Statement, ...]
    not_proved: tuple[Statement, ...]
    groups: tuple[FailureGroup, ...]
    open_claims: tuple[OpenClaims, ...]
    once: tuple[Statement, ...]
    categories: tuple[CategoryBar, ...]
    speeds: tuple[SpeedBar, ...]
    not_looked_at: tuple[Statement, ...]
    provenance: tuple[tuple[str, str, str], ...]
    checks: tuple[Step, ...]


_LAST: list[tuple[Evidence, Scorecard, View]] = []
"""Several renderings are made of one run, and a view of long evidence takes a while."""


def view_of(evidence: Evidence, card: Scorecard) -> View:
    """Return everything the renderings say of one run."""
    evidence = complete(evidence)
    if not _LAST or _LAST[0][0] is not evidence or _LAST[0][1] is not card:
        _LAST[:] = [(evidence, card, _view_of(evidence, card))]
    return _LAST[0][2]


def _view_of(evidence: Evidence, card: Scorecard) -> View:
    run = evidence.run
    groups = grouped_failures(evidence)
    table = cell_table(evidence, groups)
    counts = by_gateway(evidence)
    organisation, _, model = run.model.rpartition("/")
    return View(
        organisation=one_line(organisation, 80),
        model=one_line(model, 120),
        status=card.status.capitalize(),
        tone=STATUS_TONES[card.status],
        mark=STATUS_MARKS[card.status],
        reason=one_line(card.reason, 500),
        step=next_step(evidence, card, groups),
        started=one_line(day(run.started_at), 40),
        expires=day(expiry(run.started_at)),
        tier=str(card.tier),
        ruler=_ruler(run, card),
        gateways=tuple(_gateway(gateway, counts, card) for gateway in Gateway),
        table=table,
        proved=proved(counts, card, table),
        not_proved=not_proved(evidence, card),
        groups=groups,
        open_claims=open_claims(evidence),
        once=_once(evidence),
        categories=category_bars(card),
        speeds=speed_bars(evidence),
        not_looked_at=not_looked_at(evidence),
        provenance=provenance(evidence, card),
        checks=checks(evidence),
    )


def _ruler(run: RunRecord, card: Scorecard) -> Ruler:
    fallen = [str(g) for g in Gateway if card.gateways.get(g) is GatewayState.FELL]
    return Ruler(
        mqs=card.mqs,
        earned=card.before_gateways,
        taken=" and ".join(fallen) if len(fallen) < 3 else f"{len(fallen)} gateways",
        provisional_at=PROVISIONAL_AT,
        certified_at=run.certified_at,
        certifies=run.best_status is Status.CERTIFIED,
    )


def _gateway(gateway: Gateway, counts: Counts, card: Scorecard) -> GatewayView:
    state = card.gateways.get(gateway, GatewayState.NOT_EVALUATED)
    outcomes = counts[gateway]
    survived, judged = outcomes[Outcome.CORROBORATED], outcomes.total()
    note = f"{survived} of {plural(judged, 'claim')}" if judged else "no claim judged"
    name = GATEWAYS[gateway][0]
    return GatewayView(id=str(gateway), name=name, state=str(state), tone=STATE_TONES[state], note=note)


def _once(evidence: Evidence) -> tuple[Statement, ...]:
    """Crashes that did not repeat: a penalty, not a gateway."""
    once = (
        Statement(strong=one_line(seen.scenario, 80), rest=f": {seen.first_ending} at first, the retry answered.")
        for seen in evidence.observations
        if seen.first_ending is Ending.CRASHED and seen.reply.ending is Ending.ANSWERED
    )
    return tuple(islice(once, 20))
