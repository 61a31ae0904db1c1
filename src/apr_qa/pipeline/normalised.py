"""What two runs of one plan must have in common: everything but times, rates, places and process numbers."""

from __future__ import annotations

from dataclasses import replace

from apr_qa.evidence.codec import to_json
from apr_qa.files import digest_of
from apr_qa.vocab.axes import Category
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.observation import Observation


def normalised_digest(evidence: Evidence) -> str:
    """Return the SHA-256 over questions, answers, endings and verdicts, in the order of the plan.

    Left out: when and how fast, on which machine, in which process and folder, and the figures of claims about speed.
    """
    places = {name: n for n, name in enumerate((*map(_id, evidence.run.scenarios), *map(_id, evidence.run.claims)))}
    observed = sorted(evidence.observations, key=lambda seen: places.get(seen.scenario, -1))
    judged = sorted(evidence.judged, key=lambda j: places.get(j.claim.id, -1))
    run = replace(evidence.run, started_at="", host={}, argv=())
    parts = [run, run.scenarios, run.claims, [_answer(seen) for seen in observed], [_decision(j) for j in judged]]
    return digest_of(to_json(parts))


def _id(item: object) -> str:
    return str(getattr(item, "id", ""))


def _answer(seen: Observation) -> Observation:
    reply = replace(seen.reply, tokens_per_s=None, load_s=None)
    return replace(
        seen,
        reply=reply,
        argv=(),
        session="",
        cold=False,
        started_at="",
        elapsed_s=0.0,
        exit_status=None,
        stderr_tail="",
        peak_rss_bytes=None,
        reproduce="",
    )


def _decision(judged: Judged) -> list[object]:
    verdict = judged.verdict
    told = [] if judged.claim.category is Category.PERF else [verdict.reason, dict(verdict.detail)]
    return [judged.claim.id, verdict.outcome, *told]
