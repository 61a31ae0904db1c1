"""`plan.json`: written once, read by every job, believed only when its digests are right."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from apr_qa import __version__
from apr_qa.errors import InputError
from apr_qa.files import canonical_json, digest_of, read_text, write_text
from apr_qa.pipeline.tool import tool_digest
from apr_qa.plan.expand import plan_content
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.shards import SHARDS_LIMIT, PlannedModel, Shard, ShardedPlan

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_AGAIN = "Make it anew: apr-qa plan SELECTOR TIER --output plan.json"


def pinned(run: RunRecord) -> RunRecord:
    """Return what of a run record must be the same in every shard of a plan."""
    return replace(run, started_at="", host={}, argv=(), planned_matrix=0, planned_probes=0, scenarios=(), claims=())


def sharded_digest(sharded: ShardedPlan) -> str:
    """Return the SHA-256 of the plan's canonical JSON without its digest."""
    return digest_of(replace(sharded, digest=""))


def write_plan(path: Path, sharded: ShardedPlan) -> None:
    """Write the plan as canonical JSON. Raises WorkspaceError."""
    write_text(path, canonical_json(sharded) + "\n")


def read_plan(path: Path, expected: str = "") -> ShardedPlan:
    """Return the plan in `path`; `expected` is the digest that the planner announced, when the caller knows it.

    Raises InputError when it is no plan, was changed, is another one, or was made by another apr-qa.
    """
    from pydantic import ValidationError

    where = str(path)
    try:
        (sharded,) = _adapter().validate_json(f"[{read_text(path, 'plan')}]")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "the file"
        raise InputError(f"this is no plan: {field}: {first['msg']}", where=where, remedy=_AGAIN) from None
    sharded = replace(sharded, models=tuple(replace(one, run=pinned(one.run)) for one in sharded.models))
    if sharded.apr_qa_version != __version__:
        raise InputError(
            f"made by apr-qa {sharded.apr_qa_version}, and this is {__version__}",
            where=where,
            remedy="Use one image for plan, shards and publishing.",
        )
    if sharded.tool != tool_digest():
        raise InputError(
            f"made by other code of apr-qa {__version__}: {sharded.tool[:12]}, and this is {tool_digest()[:12]}",
            where=where,
            remedy="Use one image for plan, shards and publishing.",
        )
    if sharded.digest != sharded_digest(sharded):
        raise InputError("this plan was changed: its digest is not that of its content", where=where, remedy=_AGAIN)
    if expected and expected != sharded.digest:
        raise InputError(f"this is another plan than {expected[:12]}, which was asked for", where=where)
    _check(sharded, where)
    return sharded


def shard_of(sharded: ShardedPlan, number: int) -> tuple[Shard, PlannedModel]:
    """Return shard `number`, from 1, and its model. Raises InputError."""
    if not 1 <= number <= len(sharded.shards):
        raise InputError(f"there is no shard {number}; this plan has {len(sharded.shards)}", where="shard")
    shard = sharded.shards[number - 1]
    return shard, sharded.models[shard.model]


def part_of(plan: Plan, shard: Shard) -> Plan:
    """Return the part of `plan` that the shard asks and judges, under the digest of the whole."""
    asked, judged = set(shard.scenarios), set(shard.claims)
    return replace(
        plan,
        scenarios=tuple(scenario for scenario in plan.scenarios if scenario.id in asked),
        claims=tuple(claim for claim in plan.claims if claim.id in judged),
    )


def _check(sharded: ShardedPlan, where: str) -> None:
    for planned in sharded.models:
        if planned.plan.digest != digest_of(plan_content(planned.plan)):
            raise InputError(f"the plan of {planned.plan.model} was changed", where=where, remedy=_AGAIN)
    numbers = [shard.number for shard in sharded.shards]
    known = range(len(sharded.models))
    if numbers != list(range(1, len(numbers) + 1)) or not 0 < len(numbers) <= SHARDS_LIMIT:
        raise InputError("its shards are not numbered 1, 2, 3 ...", where=where, remedy=_AGAIN)
    if any(shard.model not in known for shard in sharded.shards):
        raise InputError("a shard is of no model of the plan", where=where, remedy=_AGAIN)
    for number, planned in enumerate(sharded.models):
        of_model = [shard for shard in sharded.shards if shard.model == number]
        asked = Counter(name for shard in of_model for name in shard.scenarios)
        needed = {need for claim in planned.plan.claims for need in claim.needs}
        names = {claim.id for claim in planned.plan.claims}
        if asked != Counter(needed) or any(not names.issuperset(shard.claims) for shard in of_model):
            raise InputError(
                f"its shards are not the plan of {planned.plan.model}, each question once", where=where, remedy=_AGAIN
            )


@cache
def _adapter() -> TypeAdapter[tuple[ShardedPlan]]:
    from pydantic import ConfigDict, TypeAdapter

    # A tuple of one, because a record by itself does not take over the configuration of its adapter.
    return TypeAdapter(tuple[ShardedPlan], config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
