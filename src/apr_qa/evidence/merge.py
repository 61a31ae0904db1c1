"""Shards of one plan become one evidence, whatever their order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from apr_qa.errors import InputError
from apr_qa.evidence.codec import to_json
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.verdict import Outcome

T = TypeVar("T")
_STRONGEST_FIRST = (
    Outcome.CRASHED,
    Outcome.FALSIFIED,
    Outcome.TIMEOUT,
    Outcome.CORROBORATED,
    Outcome.SKIPPED,
    Outcome.UNJUDGED,
)
"""Where shards disagree, a loss stands: merging never turns one into a pass."""


def merge(shards: Iterable[Evidence]) -> Evidence:
    """Return all observations and verdicts of `shards` in the order of the plan; order-free and associative.

    Raises InputError when there are no shards, or they are not of one plan.
    """
    parts = list(shards)
    if not parts:
        raise InputError("no shards to merge")
    plans = {part.run.plan_digest for part in parts}
    if len(plans) > 1:
        raise InputError(f"these shards belong to {len(plans)} different plans", remedy="Give shards of one run.")
    run = min((part.run for part in parts), key=_canonical)
    run = replace(run, scenarios=parts[0].run.scenarios, claims=parts[0].run.claims)
    observations = _best((seen for part in parts for seen in part.observations), lambda o: o.scenario, _observed)
    judged = _best((j for part in parts for j in part.judged), lambda j: j.claim.id, _decided)
    return Evidence(
        run=run,
        observations=_in_order(observations, [scenario.id for scenario in run.scenarios]),
        judged=_in_order(judged, [claim.id for claim in run.claims]),
        notes=tuple(sorted({note for part in parts for note in part.notes})),
    )


def _best(items: Iterable[T], name: Callable[[T], str], rank: Callable[[T], Any]) -> dict[str, T]:
    best: dict[str, T] = {}
    for item in items:
        rival = best.get(name(item))
        if rival is None or rank(item) < rank(rival):
            best[name(item)] = item
    return best


def _in_order(items: dict[str, T], plan: list[str]) -> tuple[T, ...]:
    unplanned = sorted(items.keys() - set(plan))
    return tuple(items[name] for name in (*plan, *unplanned) if name in items)


def _observed(seen: Observation) -> tuple[bool, str]:
    return seen.reply.ending is Ending.UNSTARTED, _canonical(seen)


def _decided(judged: Judged) -> tuple[int, str]:
    return _STRONGEST_FIRST.index(judged.verdict.outcome), _canonical(judged)


def _canonical(record: object) -> str:
    return json.dumps(to_json(record), sort_keys=True)
