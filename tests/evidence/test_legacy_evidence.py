"""Evidence of the original: read in both shapes, its verdicts not taken over, its answers judged again."""

from __future__ import annotations

import copy
import json

import pytest

from apr_qa.errors import InputError
from apr_qa.evidence.read import read_evidence, stream_records
from apr_qa.evidence.rejudge import rejudge
from apr_qa.rooms import furnish
from apr_qa.score.mqs import score
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome

ORACLES = {oracle.name: oracle for oracle in furnish("apr_qa.oracles", Oracle)}
BANNER = "\x1b[1;36m=== APR Run ===\x1b[0m\n\nSource: a/model.gguf\n\n"
BENCHMARK = BANNER + "\x1b[1;36m=== Benchmark Results ===\x1b[0m\ntokens: 32\nlatency: 26407.90ms\nmodel: a/model.gguf"
CHAT = (
    "\x1b[1;36m=== Model Chat (GGUF Format) ===\x1b[0m\n\n  /quit     Exit the chat\n\nLoading model...\n"
    "\x1b[1;32mYou: \x1b[0m\x1b[1;34mAssistant:\x1b[0m %s\n\n\x1b[1;32mYou: \x1b[0m\n\x1b[36mGoodbye!\x1b[0m\n"
)


def record(gate="F-A1-001", outcome="Corroborated", output="4", modality="run", **fields):
    """One record as the original writes it."""
    return {
        "id": "00000000000000001893a5274cc60920",
        "gate_id": gate,
        "scenario": {
            "id": f"M_{modality}_cpu_gguf_0000000000000000",
            "model": {"org": "O", "name": "M", "variant": None},
            "modality": modality,
            "backend": "cpu",
            "format": "gguf",
            "prompt": fields.pop("prompt", "What is 2+2?"),
            "temperature": 0.0,
            "max_tokens": 32,
            "seed": 0,
            "trace_level": "none",
            "oracle_type": "arithmetic",
        },
        "outcome": outcome,
        "reason": fields.pop("reason", "Test passed"),
        "output": output,
        "stderr": fields.pop("stderr", None),
        "exit_code": 0,
        "metrics": {"tokens_per_second": 1.2, "duration_ms": 38465},
        "timestamp": "2026-02-12T23:57:46.697093243Z",
        "host": {"hostname": "h", "os": "linux", "cpu": "unknown", "gpu": None, "apr_version": "unknown"},
        "metadata": {},
        **fields,
    }


@pytest.fixture
def judged_again(tmp_path):
    def judge(*records, document=None):
        path = tmp_path / "evidence.json"
        path.write_text(json.dumps(document or list(records)), "utf-8")
        return rejudge(read_evidence(path), ORACLES, {})

    return judge


@pytest.mark.parametrize(
    ("record", "outcome", "words"),
    [
        (record(output=BANNER + "Output:\n4\n\nCompleted in 1.5s (cached)"), Outcome.CORROBORATED, "4"),
        (record(output=BENCHMARK), Outcome.UNJUDGED, "benchmark table and no answer"),
        (record(output='{"tok_s": 4.0, "tokens": 32, "latency_ms": 4.4}'), Outcome.UNJUDGED, "no answer"),
        (record(output=""), Outcome.FALSIFIED, "garbage"),
        (record(modality="serve", output=""), Outcome.FALSIFIED, "garbage"),
        (
            record(modality="serve", output='{"latency_ms":8,"text":"4","tok_per_sec":2.9,"tokens_generated":1}'),
            Outcome.CORROBORATED,
            "4",
        ),
        (
            record(modality="serve", output='{"token_ids":[1],"text":"What is 2+2?2+2=4","num_generated":3}'),
            Outcome.CORROBORATED,
            "4",
        ),
        (
            record(modality="serve", output='{"text":"Gis is the plural form of the word gis.","tokens_generated":25}'),
            Outcome.FALSIFIED,
            "",
        ),
        (record(modality="serve", output='{"error":"busy"}'), Outcome.FALSIFIED, ""),
        (record(modality="chat", output=CHAT % "2 + 2 = 4"), Outcome.CORROBORATED, "4"),
        (record(modality="chat", output=CHAT % ("H" * 200)), Outcome.FALSIFIED, "garbage"),
        (record(modality="chat", output=CHAT % "elementssss \\ Permission,cope"), Outcome.FALSIFIED, ""),
        (record(modality="chat", output=CHAT % "[Error: Invalid shape]"), Outcome.FALSIFIED, "Invalid shape"),
        (record(modality="chat", output=BENCHMARK), Outcome.UNJUDGED, "no answer"),
        (record(outcome="Falsified", output="4"), Outcome.CORROBORATED, "4"),
        (record(outcome="Skipped", reason="Format Apr not available"), Outcome.SKIPPED, "not available"),
        (record(outcome="Timeout", reason="Timed out after 60000ms"), Outcome.TIMEOUT, "60000ms"),
        (record("G2-BASIC", "Falsified", reason="Command failed (exit 8)"), Outcome.FALSIFIED, "exit 8"),
        (record("G2-BASIC", "Falsified", reason="File not found: m.gguf"), Outcome.UNJUDGED, "File not found"),
        (record("G3-STABLE", "Crashed", reason="exit code -1"), Outcome.CRASHED, "exit code -1"),
        (record("G3-STABLE", "Crashed", stderr="apr: command not found"), Outcome.UNJUDGED, ""),
        (record("F-CONV-Gguf-Apr", output="Conversion successful"), Outcome.UNJUDGED, "original says corroborated"),
        (record("F-CONTRACT-I4-001", "Falsified"), Outcome.UNJUDGED, "original says falsified"),
        (record(output="Good morning!", prompt="Hello, how are you?"), Outcome.CORROBORATED, ""),
    ],
)
def test_answers_are_judged_again(judged_again, record, outcome, words):
    """D-1, D-2, D-14: what the original called passed counts only if its record holds an answer that is right."""
    (found,) = judged_again(record).judged
    assert found.verdict.outcome is outcome, found.verdict
    assert words in found.verdict.reason


def test_verdicts_are_not_taken_over(tmp_path):
    """Read without judging again, evidence of the original holds no verdict at all and scores nothing."""
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps([record(), record("F-CONTRACT-I2-001")]))
    evidence = read_evidence(path)
    assert (evidence.schema_version, evidence.judged, evidence.seal) == (0, (), "")
    card = score(evidence.run, evidence.judged, evidence.observations)
    assert (card.mqs, card.status) == (0, Status.FAIL)
    assert len(list(stream_records(path))) == 1 + 1 + 2 + 1 + 1


def test_what_the_original_certified_is_not_certified_here(judged_again):
    """A run that got 1000 points and an A from the original, of banners and empty bodies, gets no verdict."""
    records = [record(output=BENCHMARK), record(modality="serve", output=""), record("G0-PULL-001")]
    evidence = judged_again(*records)
    card = score(evidence.run, evidence.judged, evidence.observations)
    assert card.status is Status.PARTIAL
    assert card.mqs == 0


@pytest.mark.parametrize(
    ("gate", "outcome", "gateway"), [("G2-BASIC", "Falsified", "G2"), ("G3-STABLE", "Crashed", "G3")]
)
def test_gateways_that_fell_stay_fallen(judged_again, gate, outcome, gateway):
    """A failed or crashed command fells its gateway, where the original certified all the same."""
    evidence = judged_again(record(), record(gate, outcome, reason="Command failed (exit 8)"))
    card = score(evidence.run, evidence.judged, evidence.observations)
    assert card.status is Status.BLOCKED
    assert f"Gateway {gateway}" in card.reason


def test_what_is_known_of_the_run_is_kept(judged_again):
    """Model, cells and gates are kept by name; host names are not."""
    evidence = judged_again(record(), record("F-CONV-RT-001", "Falsified"), record("F-PERF-003"))
    assert evidence.run.model == "O/M"
    assert evidence.run.cells == ("gguf-cpu-run",)
    assert evidence.run.planned_matrix == 1
    assert [c.category for c in evidence.run.claims] == ["QUAL", "REGR", "PERF"]
    assert evidence.run.scenarios[0].oracle.name == "arithmetic"
    assert evidence.observations[0].elapsed_s == 38.465
    assert evidence.run.host == {}


def test_the_export_form_is_read(judged_again):
    """The export holds the same records under `evidence`, and names a playbook and a tier."""
    whole = {
        "$schema": "https://paiml.com/schemas/apr-qa-evidence.schema.json",
        "version": "1.0.0",
        "model": {"hf_repo": "O/M"},
        "playbook": {"name": "m-mvp", "version": "1", "tier": "mvp"},
        "mqs": {"score": 1000, "grade": "A"},
        "evidence": [record()],
    }
    evidence = judged_again(document=whole)
    assert (evidence.run.playbook, evidence.run.tier) == ("m-mvp", "mvp")
    assert evidence.judged[0].verdict.outcome is Outcome.CORROBORATED
    unknown = judged_again(document={**whole, "playbook": {"tier": "full"}})
    assert unknown.run.tier == "smoke"


def test_empty_evidence_scores_nothing(judged_again, tmp_path):
    """D-5: the empty array that was worth 1000 points is read, and is worth nothing."""
    path = tmp_path / "evidence.json"
    path.write_text("[]")
    evidence = rejudge(read_evidence(path), ORACLES, {})
    card = score(evidence.run, evidence.judged)
    assert (card.mqs, card.status, card.grade) == (0, Status.FAIL, "F")


@pytest.mark.parametrize(
    "fault",
    [
        lambda r: r.pop("gate_id"),
        lambda r: r.pop("outcome"),
        lambda r: r.update(outcome="Certified"),
        lambda r: r.update(scenario=None),
        lambda r: r.update(metrics=7),
        lambda r: r["scenario"].update(format="bin"),
    ],
)
def test_a_record_that_cannot_be_read_is_named(tmp_path, fault):
    """The number of the record stands in the message."""
    broken = copy.deepcopy(record())
    fault(broken)
    (tmp_path / "evidence.json").write_text(json.dumps([record(), broken]))
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_evidence(tmp_path / "evidence.json")
    assert caught.value.where.endswith("evidence.json: record 2")


def test_without_an_oracle_of_its_kind_a_question_is_judged_for_garbage(judged_again):
    """A question that no oracle knows is judged for garbage alone, and a garbage oracle is needed for that."""
    evidence = judged_again(record(prompt="Hello, how are you?", output="Fine, thanks."))
    assert evidence.run.scenarios[0].oracle.name in {"garbage", "response"}
    alone = rejudge(evidence, {"garbage": ORACLES["garbage"]}, {})
    assert isinstance(alone.run.scenarios[0].oracle, OracleSpec)
    assert alone.judged[0].verdict.outcome is Outcome.CORROBORATED
