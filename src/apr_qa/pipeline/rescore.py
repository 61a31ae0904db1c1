"""Evidence that lies there already: read, judged again if wanted, scored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.evidence.legacy import LEGACY_SCHEMA
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.rejudge import rejudge as judge_again
from apr_qa.pipeline.trial import GATES, ORACLES
from apr_qa.rooms import furnish
from apr_qa.score.mqs import score
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.gates import Gate, Oracle
from apr_qa.vocab.score import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """Evidence and what it is worth."""

    evidence: Evidence
    scorecard: Scorecard


def rescore(path: Path, *, rejudge: bool = False, model: str = "") -> Rescored:
    """Return the evidence in `path` with its scorecard.

    The stored verdicts count, unless `rejudge`; then those about the model's files still do, for the files are not at
    hand. The original's are never taken over, so its evidence is always judged again. `model` names the model of
    evidence that does not. Raises InputError for evidence that cannot be read or was changed.
    """
    evidence = read_evidence(path)
    if rejudge or evidence.schema_version == LEGACY_SCHEMA:
        oracles = {oracle.name: oracle for oracle in furnish(ORACLES, Oracle)}
        gates = {gate.spec.id: gate for gate in furnish(GATES, Gate)}
        of_files = frozenset(name for name, gate in gates.items() if gate.spec.reads_files)
        evidence = _with_file_verdicts(judge_again(evidence, oracles, gates), evidence, of_files)
    if model and not evidence.run.model:
        evidence = replace(evidence, run=replace(evidence.run, model=model))
    return Rescored(evidence=evidence, scorecard=score(evidence.run, evidence.judged, evidence.observations))


def _with_file_verdicts(again: Evidence, stored: Evidence, of_files: frozenset[str]) -> Evidence:
    """Verdicts given anew, but the stored ones where only the model's files could tell; `of_files`: gates of those."""
    if stored.schema_version == LEGACY_SCHEMA:
        return again
    kept = {j.claim.id: j for j in stored.judged if not j.claim.needs or j.claim.gate in of_files}
    judged = tuple(kept.get(j.claim.id, j) for j in again.judged)
    note = f"{len(kept)} verdicts about the model's files are the stored ones: the files are not at hand."
    return replace(again, judged=judged, notes=(*again.notes, note))
