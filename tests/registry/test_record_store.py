"""Records: made from evidence, named by their bytes, read back strictly."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import sample_models
from sample_evidence import claim, judged
from sample_records import MODEL, blocked, certified, no_verdict

from apr_qa.errors import InputError
from apr_qa.registry.record import make_record, text_of
from apr_qa.registry.store import parse_record, path_of, read_record, read_records, write_record
from apr_qa.vocab.axes import Gateway
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.score import GatewayState
from apr_qa.vocab.verdict import Outcome


@pytest.mark.parametrize("record", [certified(), blocked(), no_verdict("2026-11-21")])
def test_reading_gives_back_what_was_written(record, tmp_path: Path) -> None:
    """parse(text(record)) == record, and its file is named by its bytes."""
    assert parse_record(text_of(record), "here") == record
    path = write_record(tmp_path, record)
    assert read_record(path) == record
    assert write_record(tmp_path, record) == path
    assert path.parent == tmp_path / "records" / MODEL


def test_a_record_says_what_the_run_said() -> None:
    """Gateways, speeds of passed answers, digests, the narrowed claim and how to check."""
    record = blocked()
    assert record.gateways[Gateway.G4] is GatewayState.FELL
    assert set(record.tps) == {"apr-cpu", "safetensors-cpu"}
    assert record.evidence == sample_models.blocked()[0].seal
    assert record.files["model.gguf"] == "33" * 32
    assert record.last_certified == "2026-11-21T09:30:00Z"
    assert record.recheck == f"apr-qa certify {MODEL}@f4701aa1 mvp --seed 42 --backends cpu"


def test_a_record_keeps_what_was_lost_and_where() -> None:
    """Outcomes by cell, and the lost claims by gate, those of a gateway first."""
    record = blocked()
    assert record.outcomes_by_cell["gguf-cpu-run"] == {Outcome.FALSIFIED: 4}
    assert [(lost.gate, lost.outcome, lost.claims) for lost in record.lost] == [
        ("F-CONTRACT-I2-001", Outcome.FALSIFIED, 1),
        ("F-QUAL-ANSWER-001", Outcome.FALSIFIED, 14),
        ("F-QUAL-ANSWER-001", Outcome.TIMEOUT, 1),
    ]


def test_provenance_is_true_only_when_it_was_judged_and_held() -> None:
    """No gate on the origin of the files: not verified."""
    evidence, card = sample_models.passing()
    held = judged(claim("G0-PROVENANCE-HUB", Subject()))
    fell = judged(claim("G0-PROVENANCE-MADE", Subject()), Outcome.FALSIFIED, "not by us")
    assert not make_record(evidence, card).provenance_verified
    with_held = dataclasses.replace(evidence, judged=(*evidence.judged, held))
    assert make_record(with_held, card).provenance_verified
    assert not make_record(dataclasses.replace(with_held, judged=(*with_held.judged, fell)), card).provenance_verified


@pytest.mark.parametrize("name", ["../x/y", "a/b/c", "a b", "", "-a/b", "a/..", "a\n", "org/<x>", "é/x", "a/.b"])
def test_a_name_that_is_no_path_is_refused(name: str, tmp_path: Path) -> None:
    """A model cannot choose where its record is written."""
    evidence, card = sample_models.passing()
    with pytest.raises(InputError, match="no name for the registry"):
        make_record(dataclasses.replace(evidence, run=dataclasses.replace(evidence.run, model=name)), card)
    with pytest.raises(InputError):
        path_of(tmp_path, dataclasses.replace(certified(), model=name))


def test_a_run_without_a_time_has_no_record() -> None:
    """A certificate that cannot expire is none."""
    evidence, card = sample_models.passing()
    with pytest.raises(InputError, match="when its run began"):
        make_record(dataclasses.replace(evidence, run=dataclasses.replace(evidence.run, started_at="soon")), card)


def test_an_edited_record_is_refused(tmp_path: Path) -> None:
    """Its bytes no longer bear its name."""
    path = write_record(tmp_path, blocked())
    path.write_text(path.read_text(encoding="utf-8").replace('"BLOCKED"', '"CERTIFIED"'), encoding="utf-8")
    with pytest.raises(InputError, match="name promises"):
        read_records(tmp_path)


@pytest.mark.parametrize(
    "change", [{"status": "FINE"}, {"surprise": 1}, {"mqs": "many"}, {"version": 2}, {"normalised": float("nan")}]
)
def test_a_record_of_another_shape_is_refused(change: dict[str, object]) -> None:
    """Unknown fields, unknown words and NaN are errors that name the field."""
    text = json.dumps(json.loads(text_of(certified())) | change)
    with pytest.raises(InputError, match=next(iter(change))):
        parse_record(text, "here")
