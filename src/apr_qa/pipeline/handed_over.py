"""What publishing hands over to whoever may write: a folder, and one digest that says it is that folder.

Files travel through storage that every job of a workflow can write to; the digest travels as an output of the job that
made them, which no other job can.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.evidence.codec import to_json
from apr_qa.files import digest_of
from apr_qa.pipeline.plan_files import pinned, read_plan, write_plan
from apr_qa.pipeline.rescore import Rescored, rescore
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.shards import PlannedModel, ShardedPlan

PLAN, EVIDENCE = "plan.json", "evidence.json"
_OURS = "the results"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The plan and the certificates that came of it."""

    plan: ShardedPlan
    results: tuple[Rescored, ...]
    paths: tuple[Path, ...]
    """Where their evidence lies, in the same order."""


def hand_over(sharded: ShardedPlan, seals: Iterable[str], folder: Path) -> str:
    """Put the plan beside the certificates and return the digest of it all. Raises WorkspaceError."""
    write_plan(folder / PLAN, sharded)
    return _digest(sharded, seals)


def take_over(folder: Path, digest: str, job: str) -> HandedOver:
    """Return what `folder` holds: the results of the job with that digest, as they were published.

    Raises InputError when it is anything else.
    """
    sharded = read_plan(folder / PLAN)
    if sharded.job != job:
        raise InputError("they are of another job", where=_OURS)
    paths = tuple(sorted(folder.glob(f"*/{EVIDENCE}")))
    results = tuple(rescore(path) for path in paths)
    seals = [item.evidence.seal for item in results]
    if not digest or _digest(sharded, seals) != digest:
        raise InputError("they are not what was published: their digest is another", where=_OURS)
    planned = {model.plan.digest: model for model in sharded.models}
    for item in results:
        _check(item.evidence.run, planned.get(item.evidence.run.plan_digest))
    return HandedOver(plan=sharded, results=results, paths=paths)


def _digest(sharded: ShardedPlan, seals: Iterable[str]) -> str:
    return digest_of([sharded.digest, *sorted(seals)])


def _check(run: RunRecord, planned: PlannedModel | None) -> None:
    """The run is the plan's but for what nobody handed back."""
    if planned is None:
        raise InputError(f"{run.model} was judged by another plan", where=_OURS)
    asked = replace(run, not_run=planned.run.not_run)
    if to_json([pinned(asked)]) != to_json([planned.run]):
        raise InputError(f"{run.model} was judged on other files or with other engines", where=_OURS)
