"""Judging again what is stored: with newer oracles and gates, or what the original recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from apr_qa.evidence.judge import judge_answer, judge_claim
from apr_qa.evidence.legacy import LEGACY_SCHEMA, with_expectations
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.gates import Exhibits, Gate, Oracle
from apr_qa.vocab.lookup import Only
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.sequential import STOPPED
from apr_qa.vocab.verdict import Outcome, Verdict


def rejudge(
    evidence: Evidence,
    oracles: Mapping[str, Oracle],
    gates: Mapping[str, Gate],
    files: ModelFiles | None = None,
) -> Evidence:
    """Return the same evidence with new verdicts on every planned claim, unsealed.

    Without `files`, claims about the model's files are what their gates make of it: unjudged. Claims of the original
    are judged by the answer alone, whatever it said of them itself. Verdicts on files that an engine converted stand:
    the files are gone.
    """
    if evidence.schema_version == LEGACY_SCHEMA:
        run = with_expectations(evidence.run, tuple(oracles.values()))
    else:
        run = evidence.run
    scenarios = {scenario.id: scenario for scenario in run.scenarios}
    observations = {seen.scenario: seen for seen in evidence.observations}
    answers = {
        name: judge_answer(scenarios[name], seen, oracles) for name, seen in observations.items() if name in scenarios
    }
    everything = Exhibits(scenarios=scenarios, observations=observations, answers=answers, files=files)
    cut = {j.claim.id: j.verdict for j in evidence.judged if STOPPED in j.verdict.detail}
    gone = {j.claim.id: j.verdict for j in evidence.judged if j.claim.params.get("routes")}
    judged = tuple(
        Judged(claim=claim, verdict=_cut(claim, cut[claim.id], everything, gates))
        if claim.id in cut
        else Judged(claim=claim, verdict=gone.get(claim.id) or _verdict(claim, everything, gates))
        for claim in run.claims
    )
    note = "Judged again from the stored observations."
    return replace(evidence, run=run, judged=judged, seal="", notes=(*evidence.notes, note))


def exhibits_for(claim: Claim, everything: Exhibits) -> Exhibits:
    """Return what lies before a gate for one claim: only what the claim needs."""
    return Exhibits(
        scenarios=Only(everything.scenarios, claim.needs),
        observations=Only(everything.observations, claim.needs),
        answers=Only(everything.answers, claim.needs),
        files=everything.files,
        changed=everything.changed,
    )


def _verdict(claim: Claim, everything: Exhibits, gates: Mapping[str, Gate]) -> Verdict:
    if "original" in claim.params:
        return _of_the_original(claim, everything)
    if claim.gate not in gates:
        return Verdict(outcome=Outcome.UNJUDGED, reason=f"no gate is called {claim.gate}")
    return judge_claim(claim, gates[claim.gate], exhibits_for(claim, everything))


def _cut(claim: Claim, stored: Verdict, everything: Exhibits, gates: Mapping[str, Gate]) -> Verdict:
    """The verdict by what was asked before the plan's own rule stopped the run."""
    if stored.outcome is Outcome.SKIPPED:
        return stored
    asked = tuple(need for need in claim.needs if need in everything.observations)
    again = _verdict(replace(claim, needs=asked), everything, gates)
    return replace(again, detail={**again.detail, STOPPED: stored.detail[STOPPED]})


def _of_the_original(claim: Claim, everything: Exhibits) -> Verdict:
    said = claim.params["original"]
    if not claim.needs:
        return Verdict(
            outcome=Outcome.UNJUDGED, reason=f"the original says {said}; its record holds nothing to judge that by"
        )
    return everything.answers[claim.needs[0]]
