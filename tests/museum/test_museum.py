"""Evidence of every released schema, kept for good: it must always load and be worth what it was worth."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from apr_qa.evidence.read import read_evidence, stream_records
from apr_qa.evidence.rejudge import rejudge
from apr_qa.evidence.schema import evidence_schema
from apr_qa.files import read_text
from apr_qa.rooms import furnish
from apr_qa.score.mqs import score, score_records
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.score import Status

ROOM = Path(__file__).parent


@pytest.mark.parametrize("name", ["evidence-v1.json", "journal-v1.jsonl"])
def test_evidence_of_schema_1_loads_and_keeps_its_worth(name):
    """Whatever becomes of the records, a file of version 1 is read and scored as on its first day."""
    evidence = read_evidence(ROOM / name)
    assert evidence.run.engines["safetensors"].features == ("logits",)
    assert [seen.reply.text for seen in evidence.observations] == ["4", "红 \x1b[31mred\x1b[0m, green, blue", None]
    assert len(evidence.judged) == len(evidence.run.claims) == 17
    card = score(evidence.run, evidence.judged, evidence.observations)
    assert card == score_records(stream_records(ROOM / name))
    assert card.formula == "mqs-1"
    assert (card.mqs, card.status, card.grade) == (905, Status.CERTIFIED, "A")
    assert (card.judged, card.corroborated, card.penalties["crash"]) == (16, 15, 20)


def test_the_seal_of_the_first_sealed_file_holds():
    """The very bytes are still the ones that were sealed."""
    seal = read_evidence(ROOM / "evidence-v1.json").seal
    assert seal == "c30fe4571ddd79c38daa5b161f6a177ce509a84897c55b236a5fece4879a405b"


def test_the_first_sealed_file_meets_the_schema_of_today():
    """Fields may be added with defaults; none may change its meaning or go away."""
    jsonschema.validate(json.loads(read_text(ROOM / "evidence-v1.json", "evidence")), evidence_schema())


@pytest.mark.parametrize("name", ["original-array.json", "original-export.json"])
def test_both_shapes_of_the_original_load(name):
    """The original's five passes are one pass, one loss and three claims that nothing supports."""
    oracles = {oracle.name: oracle for oracle in furnish("apr_qa.oracles", Oracle)}
    evidence = rejudge(read_evidence(ROOM / name), oracles, {})
    assert [j.verdict.outcome.value for j in evidence.judged] == [
        "unjudged",
        "corroborated",
        "falsified",
        "unjudged",
        "unjudged",
    ]
    card = score(evidence.run, evidence.judged, evidence.observations)
    assert (card.mqs, card.status) == (100, Status.PARTIAL)
