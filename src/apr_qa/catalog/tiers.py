"""The five tiers: how hard we try, and the most that may be claimed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apr_qa.catalog import _data
from apr_qa.catalog.prompts import take
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.score import Status

_PASSED = (Status.CERTIFIED, Status.PROVISIONAL)
_FULL_SCORE = 1000


@cache
def tiers() -> Mapping[Tier, TierSpec]:
    """Return the five tiers, the lightest first. Raises InputError when the data is not sound."""
    return MappingProxyType({tier: parse_tier(tier, _data.document(f"tiers/{tier}.yaml")) for tier in Tier})


def parse_tier(tier: Tier, data: Mapping[str, Any]) -> TierSpec:
    """Return the tier that `data` describes, with its prompts taken. Raises InputError, naming the tier."""
    where = f"tier {tier}"
    try:
        spec = TypeAdapter(TierSpec).validate_python({**data, "tier": tier, "prompts": take(data["prompts"])})
    except KeyError:
        raise InputError("no prompts are listed", where=where) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=where) from None
    if problem := _problem(spec):
        raise InputError(problem, where=where)
    return spec


def _problem(spec: TierSpec) -> str:
    if not spec.cells:
        return "it has no cells: formats, backends and modalities each need an entry"
    if spec.scenario_count < 1 or not spec.prompts:
        return "it asks nothing: scenario_count is at least 1, and there is at least one prompt"
    if spec.best_status not in _PASSED:
        return f"the best status is {spec.best_status}, which is no pass"
    if not 0 < spec.certified_at <= _FULL_SCORE:
        return f"certified_at is {spec.certified_at}, outside 1..{_FULL_SCORE}"
    return "" if spec.repeats > 1 else "repeats is below 2: agreement needs two answers"
