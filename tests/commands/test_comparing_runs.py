"""compare: flips, speed, and what got worse; import-legacy: certificates of the original."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from command_line import ROOT
from sample_evidence import evidence_of, outcome_of

from apr_qa.evidence.seal import seal_evidence
from apr_qa.registry.record import make_record
from apr_qa.registry.store import write_record
from apr_qa.score.mqs import score
from apr_qa.vocab.verdict import Outcome

MUSEUM = ROOT / "tests" / "museum"
HEADER = (
    "model_id,family,parameters,size_category,status,mqs_score,grade,certified_tier,last_certified,g1,g2,g3,g4,"
    "tps_gguf_cpu,tps_gguf_gpu,tps_apr_cpu,tps_apr_gpu,tps_st_cpu,tps_st_gpu,provenance_verified\r\n"
)


@pytest.fixture
def runs(tmp_path):
    """A function that seals evidence made with `spoil`."""

    def make(name, spoil=None):
        path = tmp_path / f"{name}.json"
        seal_evidence(evidence_of(spoil), path)
        return path

    return make


def wrong(asked, made, seen):
    """Every second answer is lost."""
    return (outcome_of(made, Outcome.FALSIFIED, "wrong"), seen) if int(asked.id[-1]) % 2 else (made, seen)


def slower(_asked, made, seen):
    """The same answers at half the speed."""
    return made, replace(seen, reply=replace(seen.reply, tokens_per_s=seen.reply.tokens_per_s / 2))


def test_a_run_is_no_worse_than_itself(tell, runs):
    """No flips, every ratio 1, exit status 0."""
    path = runs("a")
    done = tell("compare", path, path, "--json")
    assert done.status == 0
    assert (done.json["flips"], done.json["worse"], done.json["p_value"]) == ([], [], 1.0)
    assert {pace["ratio"] for pace in done.json["throughput"]} == {1.0}
    assert "nothing got worse" in tell("compare", path, path).out


def test_lost_claims_are_flips_that_chance_does_not_explain(tell, runs):
    """18 claims lost and none won: p = 2^-17 by the exact test; the other way round nothing is worse."""
    good, bad = runs("good"), runs("bad", wrong)
    done = tell("compare", good, bad, "--json")
    assert done.status == 1
    assert len(done.json["flips"]) == 18
    assert done.json["p_value"] == pytest.approx(2**-17)
    assert tell("compare", bad, good).status == 0
    shown = tell("compare", good, bad).out
    assert "18 lost, 0 won" in shown
    assert "corroborated -> falsified" in shown


def test_one_flip_may_be_chance(tell, runs):
    """A single lost claim is shown and is no regression."""

    def once(asked, made, seen):
        only = asked.id == "gguf-cpu-run-matrix-002"
        return (outcome_of(made, Outcome.FALSIFIED, "wrong"), seen) if only else (made, seen)

    done = tell("compare", runs("good"), runs("once", once), "--json")
    assert (done.status, len(done.json["flips"]), done.json["p_value"]) == (0, 1, 1.0)


def test_half_the_speed_is_a_regression(tell, runs):
    """The whole interval of the ratio lies below 0.97."""
    done = tell("compare", runs("fast"), runs("slow", slower), "--json")
    assert done.status == 1
    assert len(done.json["worse"]) == 3
    pace = done.json["throughput"][0]
    assert pace["lowest"] <= pace["ratio"] <= pace["highest"] < 0.97


def elsewhere(evidence):
    """The same run on another processor."""
    return replace(evidence, run=replace(evidence.run, host={**evidence.run.host, "cpu": "another"}))


def test_another_machine_is_no_regression(tell, runs, tmp_path):
    """Half the speed elsewhere says nothing of the model."""
    slow = tmp_path / "elsewhere.json"
    seal_evidence(elsewhere(evidence_of(slower)), slow)
    done = tell("compare", runs("fast"), slow, "--json")
    assert (done.status, done.json["throughput"][0]["same_machine"]) == (0, False)


def test_a_speed_that_was_usual_is_no_regression(tell, runs, tmp_path):
    """With four earlier certificates as slow as this one, the fence holds; without them it is a regression."""
    fast, slow = runs("fast"), runs("slow", slower)
    for day in range(1, 5):
        evidence = evidence_of(slower)
        dated = replace(evidence, run=replace(evidence.run, started_at=f"2026-11-0{day}T10:00:00Z"))
        write_record(tmp_path / "registry", make_record(dated, score(dated.run, dated.judged, dated.observations)))
    assert tell("compare", fast, slow, "--registry", tmp_path / "none").status == 1
    done = tell("compare", fast, slow, "--registry", tmp_path / "registry", "--json")
    assert (done.status, done.json["worse"]) == (0, [])
    assert done.json["throughput"][0]["fence"] <= done.json["throughput"][0]["after"]


def test_two_certificates_are_compared(tell, tmp_path):
    """Records of the registry: status, gates that lose claims now, speeds; one of each kind is bad input."""
    paths = []
    for spoil in (None, slower, wrong):
        evidence = evidence_of(spoil)
        card = score(evidence.run, evidence.judged, evidence.observations)
        paths.append(write_record(tmp_path, make_record(evidence, card)))
    good, slow, bad = paths
    assert tell("compare", good, good).status == 0
    assert "is slower" in tell("compare", good, slow).out
    done = tell("compare", good, bad, "--json")
    assert done.status == 1
    assert done.json["gates_lost"]
    assert tell("compare", bad, good).status == 0
    sealed = tmp_path / "evidence.json"
    seal_evidence(evidence_of(None), sealed)
    assert tell("compare", good, sealed).status == 2


def test_a_folder_or_a_certificate_beside_evidence_will_do(tell, tmp_path):
    """What a run leaves behind can be named as a whole."""
    seal_evidence(evidence_of(None), tmp_path / "evidence.json")
    (tmp_path / "certificate.html").write_text("a page")
    assert tell("compare", tmp_path, tmp_path / "certificate.html").status == 0


@pytest.fixture
def original(tmp_path):
    """A checkout of the original with two certificates, one piece of evidence and two playbooks."""
    evidence = tmp_path / "certifications" / "m" / "evidence.json"
    evidence.parent.mkdir(parents=True)
    shutil.copy(MUSEUM / "original-array.json", evidence)
    table = tmp_path / "docs" / "certifications" / "models.csv"
    table.parent.mkdir(parents=True)
    row = "CERTIFIED,1000,A+,mvp,2026-02-12T23:57:46.697093243Z" + ",false" * 4 + "," * 6 + ",false\r\n"
    table.write_text(
        f"{HEADER}O/M,m,1B,small,{row}O/Unproved,m,1B,small,{row}O/Pending,m,1B,small,PENDING{',' * 15}\r\n"
    )
    models = tmp_path / "playbooks" / "models"
    models.mkdir(parents=True)
    (models / "broken-mvp.playbook.yaml").write_text("name: x\n")
    shutil.copy(ROOT / "playbooks" / "models" / "tiny-mvp.playbook.yaml", models)
    (tmp_path / "other.json").write_text("[]")
    return tmp_path


def test_certificates_of_the_original_are_confirmed_or_refuted(tell, original):
    """Letters repeated refute one, missing evidence the other; the deciding records are named."""
    done = tell("import-legacy", original, "--json")
    assert done.status == 1
    models = {item["model"]: item for item in done.json["models"]}
    assert {name: item["verdict"] for name, item in models.items()} == {"O/M": "refuted", "O/Unproved": "refuted"}
    assert models["O/Unproved"]["why"] == "no evidence was published for it"
    (item,) = models["O/M"]["evidence"]
    assert item["passed_before"] == 1
    assert any("HHHH" in line and "the original says corroborated" in line for line in item["deciding"])
    assert done.json["playbooks"]["loaded"] == 1
    assert "name" in done.json["playbooks"]["refused"][0]["problem"] or done.json["playbooks"]["refused"]
    shown = tell("import-legacy", original).out
    assert "REFUTED" in shown
    assert "playbooks: 1 load, 1 are refused" in shown


def test_evidence_that_cannot_be_read_is_named(tell, original):
    """A record of an unknown format stops nothing else."""
    document = json.loads((MUSEUM / "original-array.json").read_text())
    document[0]["scenario"]["format"] = "onnx"
    (original / "certifications" / "m" / "torn.json").write_text(json.dumps(document))
    done = tell("import-legacy", original, "--json")
    assert len(done.json["unreadable"]) == 1


def test_nothing_of_the_original_is_bad_input(tell, tmp_path):
    """A folder without its files, or no folder, is exit status 2."""
    assert tell("import-legacy", tmp_path).status == 2
    assert tell("import-legacy", tmp_path / "none").status == 2
