"""Shards become certificates: checked, merged, judged where claims span them, scored, written down.

The same shards give the same bytes, in whatever order they come. A shard that is missing or refused leaves a hole
that is named, and the verdict is then PARTIAL at best: never a pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.evidence.judge import judge_answer, judge_claim
from apr_qa.evidence.merge import merge
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.rejudge import exhibits_for
from apr_qa.evidence.seal import seal_evidence
from apr_qa.pipeline.registry import note_certification
from apr_qa.pipeline.results import write_reports
from apr_qa.pipeline.shard_files import Returned, read_shard
from apr_qa.pipeline.trial import GATES, ORACLES
from apr_qa.rooms import furnish
from apr_qa.score.mqs import score
from apr_qa.text import one_line
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.gates import Exhibits, Gate, Oracle
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.score import Scorecard
from apr_qa.vocab.shards import PlannedModel, Shard, ShardedPlan
from apr_qa.vocab.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One model's certificate."""

    evidence: Evidence
    scorecard: Scorecard
    path: Path
    """The sealed evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outturn:
    """What came of a plan."""

    published: tuple[Published, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    """Why files were not taken, by path."""
    missing: tuple[int, ...] = ()
    """Numbers of the shards without a file that was taken."""


def publish_shards(sharded: ShardedPlan, paths: Sequence[Path], output: Path) -> Outturn:
    """Write evidence, reports and registry of every model of the plan below `output`.

    Raises WorkspaceError when `output` cannot be written; whatever is wrong with a shard is in `refused`.
    """
    returned, refused = _read(sharded, paths)
    there = {item.shard.number for item in returned}
    missing = tuple(shard.number for shard in sharded.shards if shard.number not in there)
    published = []
    for number, planned in enumerate(sharded.models):
        gaps = [shard for shard in sharded.shards if shard.model == number and shard.number in missing]
        parts = [item.evidence for item in returned if item.shard.model == number]
        published.append(_publish(planned, parts, _holes(gaps, sharded, refused), output))
    return Outturn(published=tuple(published), refused=refused, missing=missing)


def joined(planned: PlannedModel, parts: Sequence[Evidence], holes: tuple[NotRun, ...] = ()) -> Evidence:
    """Return the evidence of a whole plan from that of its shards; order-free. `holes`: what is missing of it."""
    whole = replace(planned.run, scenarios=planned.plan.scenarios, claims=planned.plan.claims)
    nothing = Evidence(run=whole, observations=(), judged=())
    merged = merge([replace(part, run=whole) for part in parts] or [nothing])
    times = [seen.started_at for seen in merged.observations] or [part.run.started_at for part in parts]
    run = replace(
        whole,
        started_at=min(times, default=""),
        host=_host([part.run.host for part in parts]),
        argv=_argv(planned),
        planned_matrix=sum(1 for s in planned.plan.scenarios if s.purpose == "matrix"),
        planned_probes=sum(1 for s in planned.plan.scenarios if s.purpose != "matrix"),
        not_run=(*planned.run.not_run, *holes),
    )
    return _judged(replace(merged, run=run), complete=not holes)


def _read(sharded: ShardedPlan, paths: Sequence[Path]) -> tuple[list[Returned], dict[str, str]]:
    returned, refused = [], {}
    for path in paths:
        try:
            returned.append(read_shard(path, sharded))
        except InputError as error:
            refused[str(path)] = one_line(error.problem, 300)
    return returned, refused


def _holes(gaps: Sequence[Shard], sharded: ShardedPlan, refused: Mapping[str, str]) -> tuple[NotRun, ...]:
    why = "nothing was handed back for it"
    if refused:
        why += f", or what was handed back was refused ({next(iter(sorted(refused.values())))})"
    return tuple(
        NotRun(what=f"shard {shard.number} of {len(sharded.shards)}", reason=why, required=True) for shard in gaps
    )


def _judged(evidence: Evidence, *, complete: bool) -> Evidence:
    """Every claim that answers decide is judged here, from the answers; a runner's word counts for its files only."""
    oracles = {oracle.name: oracle for oracle in furnish(ORACLES, Oracle)}
    gates = {gate.spec.id: gate for gate in furnish(GATES, Gate)}
    scenarios = {scenario.id: scenario for scenario in evidence.run.scenarios}
    observations = {seen.scenario: seen for seen in evidence.observations}
    answers = {name: judge_answer(scenarios[name], seen, oracles) for name, seen in observations.items()}
    everything = Exhibits(scenarios=scenarios, observations=observations, answers=answers)
    told = {judged.claim.id: judged.verdict for judged in evidence.judged}
    verdicts = ((c, _verdict(c, told.get(c.id), everything, gates, complete=complete)) for c in evidence.run.claims)
    judged = tuple(Judged(claim=claim, verdict=verdict) for claim, verdict in verdicts if verdict)
    return replace(evidence, judged=judged)


def _verdict(
    claim: Claim, told: Verdict | None, everything: Exhibits, gates: Mapping[str, Gate], *, complete: bool
) -> Verdict | None:
    if claim.needs:
        if not everything.observations.keys() >= set(claim.needs):
            return None
        gate, before = gates[claim.gate], exhibits_for(claim, everything)
        mine = judge_claim(claim, gate, before)
        answered = any(seen.reply.ending is Ending.ANSWERED for seen in before.observations.values())
        is_of_files = gate.spec.reads_files and mine.outcome is Outcome.UNJUDGED and answered
        return told if told and is_of_files else mine
    if claim.params.get("last") and told and told.outcome is Outcome.CORROBORATED and not complete:
        return Verdict(outcome=Outcome.UNJUDGED, reason="not every shard handed back what its engines did to the files")
    return told


def _host(hosts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts about the machines: as they are where all agree, else each different one; lists become one list."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for host in hosts:
        for name, value in host.items():
            if value not in found[name]:
                found[name].append(value)
    return {name: values[0] if len(values) == 1 else _joined(values) for name, values in sorted(found.items())}


def _joined(values: Sequence[Any]) -> Any:
    if all(isinstance(value, list | tuple) for value in values):
        return sorted({item for value in values for item in value})
    return " / ".join(sorted(str(value) for value in values))


def _argv(planned: PlannedModel) -> tuple[str, ...]:
    """The command that makes the same plan in one process."""
    by_user = [entry.partition(": ") for entry in planned.plan.narrowed if "(by the playbook)" not in entry]
    narrowed = [(axis, values) for axis, _, values in by_user if axis in ("formats", "backends", "modalities")]
    options = [word for axis, values in narrowed for word in (f"--{axis}", values.replace(" ", ""))]
    return ("apr-qa", "certify", planned.path or planned.plan.model, planned.plan.tier.value, *options)


def _publish(planned: PlannedModel, parts: Sequence[Evidence], holes: tuple[NotRun, ...], output: Path) -> Published:
    name = f"{planned.plan.model.rpartition('/')[2].lower()}-{planned.plan.tier}-{planned.plan.digest[:8]}"
    path = output / name / "evidence.json"
    seal_evidence(joined(planned, parts, holes), path)
    evidence = read_evidence(path)
    card = score(evidence.run, evidence.judged, evidence.observations)
    write_reports(evidence, card, path.parent)
    if evidence.run.started_at:  # (else nothing was run, and there is nothing to record)
        note_certification(evidence, card, output)
    return Published(evidence=evidence, scorecard=card, path=path)
