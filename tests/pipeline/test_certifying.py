"""Certifications of the shipped tiny model: what they answer, what they leave behind, what they leave alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from apr_scripts import apr
from certifying_runs import NARROW, TINY, Certification, certify, copied, digests

from apr_qa.cli.main import run

KEYS = {"model", "status", "reason", "mqs_score", "grade", "gateways", "planned", "judged", "evidence"}


def test_a_good_model_passes_and_says_what_a_script_asks_first(certified: Certification) -> None:
    """Smoke proves no more than PROVISIONAL; every claim was judged and the exit status is 0."""
    answer = certified.answer
    assert certified.status == 0
    assert answer.keys() >= KEYS
    assert (answer["status"], answer["mqs_score"], answer["grade"]) == ("PROVISIONAL", 1000, "A+")
    assert set(answer["gateways"].values()) == {"holds"}
    assert answer["planned"]["matrix"] == answer["judged"] == 6
    assert answer["planned"]["probes"] > 10
    assert answer["outcomes"]["corroborated"] + answer["outcomes"]["skipped"] == answer["planned"]["claims"]


def test_everything_is_written_down(certified: Certification) -> None:
    """Evidence, journal, every report, a record, a row of the table and a badge."""
    folder = certified.evidence.parent
    names = {p.name for p in folder.iterdir()}
    assert names >= {
        "evidence.json",
        "journal.jsonl",
        "certificate.html",
        "certificate.json",
        "junit.xml",
        "summary.md",
    }
    (row,) = csv.DictReader((certified.output / "models.csv").read_text().splitlines())
    assert (row["model_id"], row["status"], row["certified_tier"]) == ("apr-qa/tiny", "PROVISIONAL", "smoke")
    (record,) = (certified.output / "records").rglob("*.json")
    assert json.loads(record.read_text())["mqs"]
    assert (certified.output / "badges" / "apr-qa" / "tiny.svg").is_file()


def test_sealed_evidence_scores_the_same_again(certified: Certification, capsys: pytest.CaptureFixture[str]) -> None:
    """Stored verdicts and verdicts given anew come to the same; evidence that was changed is refused."""
    for words in ([], ["--rejudge"]):
        assert run(["score", str(certified.evidence), "--json", *words]) == 0
        again = json.loads(capsys.readouterr().out)
        assert {k: again[k] for k in KEYS - {"evidence", "reason"}} == {
            k: certified.answer[k] for k in KEYS - {"evidence", "reason"}
        }


def test_changed_evidence_is_refused(
    certified: Certification, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One verdict turned by hand breaks the seal; the exit status is 2."""
    forged = tmp_path / "evidence.json"
    forged.write_text(certified.evidence.read_text().replace('"corroborated"', '"falsified"', 1))
    assert run(["score", str(forged)]) == 2
    said = capsys.readouterr().err
    assert "record" in said
    assert "Traceback" not in said


def test_the_same_command_asks_nothing_twice(tmp_path: Path, answers: Path, ear: SimpleNamespace) -> None:
    """The second run takes everything over; `--fresh` asks anew and puts the earlier journal aside."""
    engine = apr(tmp_path, f"{ear.tell}\nhealthy()", answers=answers)
    first = certify("tiny", "smoke", "--engine", engine, output=tmp_path / "out")
    assert (first.status, first.answer["status"]) == (0, "PROVISIONAL"), first.lost
    asked = ear.log.read_text()
    assert len(asked) >= first.answer["judged"]
    again = certify("tiny", "smoke", "--engine", engine, output=tmp_path / "out")
    assert (again.status, again.answer) == (first.status, first.answer)
    assert ear.log.read_text() == asked
    fresh = certify("tiny", "smoke", "--engine", engine, "--fresh", output=tmp_path / "out")
    assert fresh.answer == first.answer
    assert ear.log.read_text() != asked
    assert (first.evidence.parent / "journal.old-1.jsonl").is_file()


def test_a_dry_run_prints_the_plan_that_would_run(tmp_path: Path, certified: Certification) -> None:
    """Nothing is asked or written, and the digest is that of the real run."""
    dry = certify("tiny", "smoke", "--engine", "reference", "--dry-run", output=tmp_path / "out")
    assert dry.status == 0
    assert list(tmp_path.iterdir()) == []
    assert dry.answer["plan"]["digest"] == json.loads(_first_record(certified))["record"]["plan_digest"]


def _first_record(certified: Certification) -> str:
    return (certified.evidence.parent / "journal.jsonl").read_text().splitlines()[0]


def test_embedded_engines_certify_both_formats_and_leave_the_files_alone(tmp_path: Path) -> None:
    """SafeTensors and GGUF at tier mvp; every file of the model has the digest that it had before."""
    model = copied(tmp_path)
    before = digests(model)
    more = ("--formats", "safetensors,gguf", "--backends", "cpu", *NARROW)
    done = certify(str(model), "mvp", "--engine", "embedded", output=tmp_path / "out", more=more)
    assert (done.status, done.lost) == (0, {})
    assert done.answer["status"] in {"PROVISIONAL", "CERTIFIED"}
    assert done.answer["engines"].keys() == {"safetensors", "gguf"}
    assert done.answer["narrowed"] == ["formats: safetensors, gguf", "backends: cpu", "modalities: run"]
    assert digests(model) == before == digests(TINY)


def test_a_family_of_several_answers_with_a_list(tmp_path: Path) -> None:
    """One object a model; the exit status is the worst of them, and a fault with one does not stop the next."""
    engine = apr(tmp_path, "answer('4')")
    words = ("tiny", "tiny-llama", "smoke", "--engine", engine)
    done = certify(*words, output=tmp_path / "out")
    assert done.status == 1
    models = [item["model"] for item in done.answer]
    assert models == ["apr-qa/tiny", "apr-qa/tiny-llama"]
    assert {item["status"] for item in done.answer} == {"BLOCKED"}


def test_the_folder_of_another_run_is_refused(tmp_path: Path, certified: Certification) -> None:
    """`run -o` into it says whose it is and how to go on; nothing in it changes."""
    folder = certified.evidence.parent
    before = digests(folder)
    playbook = tmp_path / "other.playbook.yaml"
    playbook.write_text(
        "name: other\nversion: 1.0.0\nmodel:\n  hf_repo: apr-qa/tiny\n"
        f"  local_path: {TINY}\n  formats: [safetensors]\ntest_matrix:\n  modalities: [run]\n  backends: [cpu]\n"
        "  scenario_count: 1\n  prompts: ['What is 1+1?']\n",
        encoding="utf-8",
    )
    assert run(["run", str(playbook), "--engine", "reference", "--output", str(folder)]) == 2
    assert digests(folder) == before
