"""What a runner hands back is hostile until it is shown to be the answer to what that shard was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.evidence.codec import to_json
from apr_qa.evidence.read import read_evidence
from apr_qa.pipeline.plan_files import part_of, pinned
from apr_qa.run.record import STDERR_LIMIT_BYTES, TEXT_LIMIT
from apr_qa.vocab.evidence import SCHEMA_VERSION, Evidence
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.shards import Shard, ShardedPlan
from apr_qa.vocab.validity import parse_time

BYTES_A_RECORD = 256 << 10
"""More than the largest record that an honest shard writes: texts are capped when they are observed."""
_WORDS_LIMIT = 300
_TEXTS_LIMIT = 4 * TEXT_LIMIT
_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A shard's evidence that passed."""

    shard: Shard
    evidence: Evidence


def read_shard(path: Path, sharded: ShardedPlan) -> Returned:
    """Return the evidence in `path` and the shard that it answers; its name says nothing.

    Raises InputError when it is not whole, not of this plan, of other files or engines, holds what was not asked, or
    more than an honest shard can hold.
    """
    where = str(path)
    if path.is_symlink() or not path.is_file():
        raise InputError("not a plain file", where=where)
    most = max(len(shard.scenarios) + len(shard.claims) for shard in sharded.shards)
    limit = (64 + 3 * most) * BYTES_A_RECORD
    if path.stat().st_size > limit:
        raise InputError(f"over {limit >> 20} MB, more than any shard of this plan can hold", where=where)
    evidence = read_evidence(path)
    if evidence.schema_version != SCHEMA_VERSION or not evidence.seal:
        raise InputError("not sealed by a shard of this plan", where=where)
    shard = _answered(evidence, sharded, where)
    _check_pins(evidence, sharded, shard, where)
    _check_contents(evidence, shard, where)
    return Returned(shard=shard, evidence=replace(evidence, run=_without_surprises(evidence, where)))


def _answered(evidence: Evidence, sharded: ShardedPlan, where: str) -> Shard:
    """The shard whose questions and claims these are, word for word."""
    for shard in sharded.shards:
        plan = sharded.models[shard.model].plan
        if evidence.run.plan_digest != plan.digest:
            continue
        part = part_of(plan, shard)
        if _same(evidence.run.scenarios, part.scenarios) and _same(evidence.run.claims, part.claims):
            return shard
    raise InputError("these are not the questions and claims of any shard of this plan", where=where)


def _same(mine: Sequence[Any], planned: Sequence[Any]) -> bool:
    return len(mine) == len(planned) and bool(to_json(mine) == to_json(planned))


def _check_pins(evidence: Evidence, sharded: ShardedPlan, shard: Shard, where: str) -> None:
    mine, wanted = pinned(evidence.run), sharded.models[shard.model].run
    other = [f.name for f in fields(mine) if to_json([getattr(mine, f.name)]) != to_json([getattr(wanted, f.name)])]
    if other:
        raise InputError(f"shard {shard.number} ran something else: {', '.join(other)}", where=where)


def _check_contents(evidence: Evidence, shard: Shard, where: str) -> None:
    asked, judged = set(shard.scenarios), set(shard.claims)
    strangers = [seen.scenario for seen in evidence.observations if seen.scenario not in asked]
    strangers += [j.claim.id for j in evidence.judged if j.claim.id not in judged]
    if strangers:
        raise InputError(f"shard {shard.number} answers what it was not asked: {strangers[0][:80]!r}", where=where)
    if any(_too_long(seen) for seen in evidence.observations):
        raise InputError(f"shard {shard.number} holds a text longer than any that is kept", where=where)
    if len(evidence.notes) > _WORDS_LIMIT or any(len(note) > TEXT_LIMIT for note in evidence.notes):
        raise InputError(f"shard {shard.number} holds more notes than a run makes", where=where)


def _too_long(seen: Observation) -> bool:
    reply = seen.reply
    answers = (reply.text or "", *reply.earlier)
    others = (reply.message, seen.note, seen.reproduce, seen.session, *seen.argv)
    return (
        any(len(text) > TEXT_LIMIT for text in answers)
        or sum(len(text) for text in (*answers, *others)) > _TEXTS_LIMIT
        or len(seen.stderr_tail) > STDERR_LIMIT_BYTES
    )


def _without_surprises(evidence: Evidence, where: str) -> Any:
    """The run record with a time that can be, and the facts of a machine that we know of."""
    began = parse_time(evidence.run.started_at)
    if began is None or began > datetime.now(UTC) + _CLOCKS_DIFFER:
        raise InputError(f"began at {evidence.run.started_at[:40]!r}, which is no time in the past", where=where)
    return replace(evidence.run, host=_known_facts(evidence.run.host), argv=())


def _known_facts(host: Mapping[str, Any]) -> dict[str, Any]:
    facts = {f.name: host[f.name] for f in fields(Machine) if f.name in host}
    return {
        name: [str(item)[:_WORDS_LIMIT] for item in value[:20]] if isinstance(value, list) else value
        for name, value in facts.items()
        if (isinstance(value, str) and len(value) <= _WORDS_LIMIT) or (type(value) is int) or isinstance(value, list)
    }
