"""A certificate as evaluation results for the model's page on the Hub (`.eval_results/*.yaml`)."""

from __future__ import annotations

import json
import re

from apr_qa.errors import InputError
from apr_qa.fetch.proposal import Proposal
from apr_qa.pipeline.rescore import Rescored
from apr_qa.registry.record import Record, make_record
from apr_qa.vocab.score import Status

_DATASET = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERDICTS = (Status.CERTIFIED, Status.PROVISIONAL, Status.BLOCKED)


def proposal_of(found: Rescored, dataset: str, source: str = "") -> Proposal:
    """Return what would be proposed for one certification.

    `dataset`: id of the benchmark on the Hub whose board shows the score; `source`: address of the certificate. Raises
    InputError for evidence without a verdict, of a model that is not the Hub's, or that anybody narrowed.
    """
    record = make_record(found.evidence, found.scorecard)
    if not _DATASET.fullmatch(dataset):
        raise InputError(f"{dataset[:80]!r} is no id of a dataset", where="--dataset", remedy="Write org/name.")
    if source and not source.startswith("https://"):
        raise InputError("not an https address", where="--source-url")
    if record.status not in _VERDICTS:
        raise InputError(f"{record.status} is no verdict", where=record.model, remedy="Certify what is missing first.")
    if "/" not in record.model or not _COMMIT.fullmatch(record.revision):
        raise InputError("this model is of no commit of the Hub", where=record.model)
    if record.reservations:
        raise InputError(
            f"the claim is smaller than its tier: {record.reservations[0]}",
            where=record.model,
            remedy="Certify all of it.",
        )
    return Proposal(
        repo=record.model,
        revision=record.revision,
        path=f".eval_results/apr-qa-{record.tier}.yaml",
        text=_text(record, dataset, source),
        title=f"Add apr-qa results, tier {record.tier}",
        body=f"{_sentence(record)}\n\nAsked of commit {record.revision}. To ask the same again: `{record.recheck}`",
    )


def _text(record: Record, dataset: str, source: str) -> str:
    """One entry of the Hub's YAML; a JSON string is a YAML string."""
    told = ["  source:", f"    url: {json.dumps(source)}", '    name: "apr-qa certificate"'] if source else []
    lines = [
        "- dataset:",
        f"    id: {json.dumps(dataset)}",
        f'    task_id: "mqs_{record.tier}"',
        f"  value: {record.mqs}",
        f"  date: {json.dumps(record.last_certified)}",
        *told,
        f"  notes: {json.dumps(_sentence(record))}",
    ]
    return "\n".join(lines) + "\n"


def _sentence(record: Record) -> str:
    least = f", at least {record.lower_bound:.1%} at 95 % confidence" if record.lower_bound is not None else ""
    engines = ", ".join(sorted({f"{engine.name} {engine.version}" for engine in record.engines.values()}))
    return (
        f"{record.status}, MQS {record.mqs} of 1000: {record.corroborated} of {record.judged} claims survived{least}; "
        f"engine {engines}; evidence sha256:{record.evidence}."
    )
