"""generate, export-csv, export-evidence, history, validate-schemas."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from command_line import ROOT
from sample_evidence import HOSTILE, evidence_of, outcome_of
from sample_models import passing

from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.vocab.verdict import Outcome

ANSWERS = {f"F-A{number}-001" for number in range(1, 7)}
MUSEUM = ROOT / "tests" / "museum"
MODEL = "Qwen/Qwen2.5-Coder-0.5B-Instruct"


@pytest.fixture
def sealed(tmp_path):
    """Sealed evidence of a passing model."""
    path = tmp_path / "evidence" / "qwen" / "evidence.json"
    path.parent.mkdir(parents=True)
    seal_evidence(passing()[0], path)
    return path


def rows(path):
    with path.open(newline="") as stream:
        return {row["model_id"]: row for row in csv.DictReader(stream)}


def test_generate_prints_scenarios_and_nothing_else(tell):
    """Both layouts hold the same scenarios, `count` for each of the 18 cells, the same every time."""
    shown = tell("generate", MODEL, "-c", 5)
    found = yaml.safe_load(shown.out)
    assert len(found) == 18 * 5
    assert (
        found == tell("generate", MODEL, "-c", 5, "-f", "json").json == tell("generate", MODEL, "-c", 5, "--json").json
    )
    assert len({item["id"] for item in found}) == len(found)
    assert len({item["messages"][0]["content"] for item in found}) > 80


def test_generate_wants_one_model(tell):
    """A family of several models is no model."""
    said = tell("generate", "qwen-coder", "-c", 1)
    assert said.status == 2
    assert "names 6 models" in said.err


def test_evidence_becomes_records_and_a_table(tell, sealed, tmp_path):
    """The judged model's row is filled, all others are pending; the same evidence twice is one record."""
    table = tmp_path / "out" / "models.csv"
    words = ("export-csv", "--evidence-dir", sealed.parents[1], "--output", table)
    first = tell(*words, "--json").json
    assert len(first["records"]) == 1
    assert tell(*words, "--json").json == first
    found = rows(table)
    assert found[MODEL]["certified_tier"] == "mvp"
    assert len(found) > 90
    assert {row["status"] for name, row in found.items() if name != MODEL} == {"PENDING"}
    history = tell("history", MODEL, "--folder", table.parent, "--json").json
    assert [line["row"] for line in history] == ["shown"]
    assert "1 certifications" in tell("history", "qwen-coder/0.5B", "--folder", table.parent).out


def test_what_is_no_evidence_is_named_and_passed_over(tell, sealed, tmp_path):
    """Other JSON, broken JSON and the original's evidence do not stop it; each is named with the reason."""
    folder = sealed.parents[1]
    (folder / "other.json").write_text("{}")
    (folder / "torn.json").write_text("{")
    shutil.copy(MUSEUM / "original-array.json", folder)
    done = tell("export-csv", "--evidence-dir", folder, "--output", tmp_path / "out" / "models.csv", "--json").json
    assert {reason.partition(":")[0] for reason in done["passed_over"].values()} == {
        "no evidence",
        "evidence of the original",
    }
    assert len(done["records"]) == 1


def test_changed_evidence_stops_it_before_anything_is_written(tell, sealed, tmp_path):
    """A verdict edited by hand breaks the chain: exit status 2, no table."""
    other = sealed.with_name("changed.json")
    other.write_text(sealed.read_text().replace('"corroborated"', '"falsified"', 1))
    done = tell("export-csv", "--evidence-dir", sealed.parents[1], "--output", tmp_path / "out" / "models.csv")
    assert done.status == 2
    assert not (tmp_path / "out").exists()
    assert tell("export-csv", "--evidence-dir", tmp_path / "none").status == 2


def test_an_export_has_the_originals_shape_and_can_be_read_again(tell, sealed, tmp_path):
    """Summary and score agree with the records; our reader takes it as evidence of the original."""
    done = tell("export-evidence", sealed, "--model", MODEL, "--family", "qwen-coder", "--output-dir", tmp_path / "x")
    assert done.status == 0
    path = tmp_path / "x" / "qwen-qwen2.5-coder-0.5b-instruct.json"
    document = json.loads(path.read_text())
    assert list(document) == ["$schema", "version", "model", "playbook", "summary", "mqs", "gates", "evidence"]
    assert document["model"]["hf_repo"] == MODEL
    answers = [record for record in document["evidence"] if record["gate_id"] in ANSWERS]
    summary = document["summary"]
    assert summary["total_scenarios"] == len(answers) == summary["passed"] + summary["failed"] + summary["skipped"]
    assert summary["pass_rate"] == summary["passed"] / len(answers) == 1.0
    assert set(document["gates"]) == {
        "G0-INTEGRITY", "G1-MODEL-LOADS", "G2-BASIC-INFERENCE", "G3-NO-CRASHES", "G4-OUTPUT-QUALITY",
    }  # fmt: skip
    again = read_evidence(path)
    assert (again.schema_version, again.run.model, len(again.observations)) == (0, MODEL, len(answers))


def test_a_loss_is_no_pass_in_an_export(tell, tmp_path):
    """A falsified answer is Falsified, and what could not be judged is Skipped with the reason."""

    def spoil(asked, made, seen):
        if asked.id.endswith("000"):
            return outcome_of(made, Outcome.FALSIFIED, "wrong"), replace(seen, reply=replace(seen.reply, text=HOSTILE))
        if asked.id.endswith("001"):
            return outcome_of(made, Outcome.UNJUDGED, "disk full"), seen
        return made, seen

    source = tmp_path / "evidence.json"
    seal_evidence(evidence_of(spoil), source)
    path = Path(tell("export-evidence", source, "-o", tmp_path, "--json").json["path"])
    answers = [r for r in json.loads(path.read_text())["evidence"] if r["gate_id"] in ANSWERS]
    by_outcome = {
        word: [r for r in answers if r["outcome"] == word] for word in ("Corroborated", "Falsified", "Skipped")
    }
    assert [len(found) for found in by_outcome.values()] == [18, 9, 9]
    assert all(record["reason"].startswith("unjudged: ") for record in by_outcome["Skipped"])
    assert tell("export-evidence", source, "--model", "other/model", "-o", tmp_path).status == 2


def test_schemas_of_the_checkout_hold(tell, monkeypatch):
    """Playbooks, templates, table and the generated schemas are sound as committed."""
    monkeypatch.chdir(ROOT)
    done = tell("validate-schemas", "--json")
    assert done.status == 0
    assert {item["kind"] for item in done.json} >= {"playbook", "template", "schema", "table"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a-mvp.playbook.yaml", "name: x\n"),
        ("playbook.schema.yaml", "old: true\n"),
        ("records/a/b/00.json", "{}"),
        ("evidence.json", '{"schema_version": 1, "run": {}, "records": [], "seal": "00"}'),
        ("torn.json", "{"),
        ("models.csv", "model_id,status\na/b,PENDING\na/b,PENDING\n"),
    ],
)
def test_what_does_not_fit_its_schema_is_named(tell, tmp_path, name, text):
    """Each kind of file is held to its own rules; exit status 1."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    done = tell("validate-schemas", tmp_path)
    assert done.status == 1
    assert path.name in done.out


def test_nothing_to_validate_is_no_pass(tell, tmp_path):
    """An empty folder, or none at all, is bad input."""
    assert tell("validate-schemas", tmp_path).status == 2
    assert tell("validate-schemas", tmp_path / "none").status == 2


def test_evidence_of_both_kinds_is_sound(tell):
    """The museum's files are read as what they are."""
    found = tell("validate-schemas", MUSEUM, "--json")
    assert {item["kind"] for item in found.json} == {"evidence", "evidence of the original"}
    assert found.status == 0
