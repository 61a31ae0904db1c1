"""When a run stops early, and what fail-fast keeps of the first loss."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from apr_scripts import apr
from certifying_runs import TINY, Certification, certify, copied

from apr_qa.evidence.read import read_evidence
from apr_qa.vocab.axes import Severity
from apr_qa.vocab.evidence import Judged

WORDS = ("tiny", "smoke", "--workers", "1", "--timeout", "20000")
ALWAYS_FOUR = "answer('4')"
TALKATIVE = """
if words[0] == "check":
    print("layer 3: mean 0.0")
    sys.exit(5)
elif words[0] == "inspect":
    time.sleep(0.1)
    print("{}")
elif "--trace" in words:
    open(option("--trace-output"), "w").write("layers: one, two")
    answer("4")
else:
    answer("4")
"""


def _lost(done: Certification) -> list[Judged]:
    return [j for j in read_evidence(done.evidence).judged if j.verdict.outcome.is_lost]


def test_the_default_stops_at_the_first_lost_claim_of_severity_p0(tmp_path: Path) -> None:
    """Lesser losses before it are collected; what comes after it is unjudged."""
    done = certify(*WORDS, "--engine", apr(tmp_path, ALWAYS_FOUR), output=tmp_path / "out")
    assert [j.claim.severity for j in _lost(done)].count(Severity.P0) >= 1
    assert len(_lost(done)) > 1
    assert done.answer["outcomes"]["unjudged"] > 0


@pytest.mark.parametrize("policy", ["stop-on-first", "fail-fast"])
def test_others_stop_at_the_first_loss_of_any_severity(policy: str, tmp_path: Path) -> None:
    """Only claims that the same answer decides may be lost besides; a lesser loss alone is no verdict on the model."""
    engine = apr(tmp_path, ALWAYS_FOUR)
    done = certify(*WORDS, "--engine", engine, "--failure-policy", policy, output=tmp_path / "out")
    first, *rest = _lost(done)
    assert all(set(j.claim.needs) & set(first.claim.needs) for j in rest)
    assert first.claim.severity is not Severity.P0
    assert (done.status, done.answer["status"]) == (3, "PARTIAL")


def test_collect_all_asks_everything(tmp_path: Path) -> None:
    """Every question is asked and every claim judged, whatever was lost."""
    engine = apr(tmp_path, ALWAYS_FOUR)
    done = certify(*WORDS, "--engine", engine, "--failure-policy", "collect-all", output=tmp_path / "out")
    assert done.answer["outcomes"]["unjudged"] == 0
    assert done.answer["judged"] == done.answer["planned"]["matrix"]
    assert (done.status, done.answer["status"]) == (1, "BLOCKED")
    assert "diagnosis" not in done.answer


def test_fail_fast_keeps_all_that_explains_the_loss(tmp_path: Path) -> None:
    """Claim, answer, versions, the exact command, and what the engine itself says; made once."""
    engine = apr(tmp_path / "bin", TALKATIVE)
    done = certify(*WORDS, "--engine", engine, "--fail-fast", output=tmp_path / "out")
    folder = Path(done.answer["diagnosis"])
    assert folder == done.evidence.parent / "fail-fast"
    failure = json.loads((folder / "failure.json").read_text())
    assert failure["claim"]["id"] == _lost(done)[0].claim.id
    assert failure["observations"][0]["reply"]["text"] == "4"
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["engines"]["safetensors"]["version"] == "0.72.3"
    assert environment["machine"]["cores"] >= 1
    how = (folder / "reproduce.txt").read_text()
    for path in folder.iterdir():
        for place in (str(TINY), str(tmp_path), str(Path.home()), sys.executable):
            assert place not in path.read_text(), path.name
    assert "apr run " in how
    assert failure["observations"][0]["reproduce"] in how
    check = (folder / "engine-1.txt").read_text()
    assert "apr check" in check
    assert "exit status 5" in check
    assert "layer 3: mean 0.0" in check
    assert "apr inspect" in (folder / "engine-2.txt").read_text()
    assert (folder / "engine-trace.json").read_text() == "layers: one, two"
    (folder / "mark").touch()
    again = certify(*WORDS, "--engine", engine, "--fail-fast", output=tmp_path / "out")
    assert again.answer == done.answer
    assert (folder / "mark").exists()


def test_a_loss_of_the_files_is_explained_without_a_question(tmp_path: Path) -> None:
    """Nothing was asked; the engine's view of the file is there all the same."""
    model = copied(tmp_path, "safetensors")
    (model / "model.safetensors").write_bytes(b"not a model")
    engine = apr(tmp_path / "bin", TALKATIVE)
    done = certify(str(model), "smoke", "--engine", engine, "--fail-fast", output=tmp_path / "out")
    folder = Path(done.answer["diagnosis"])
    assert json.loads((folder / "failure.json").read_text())["observations"] == []
    assert "no question shows it" in (folder / "reproduce.txt").read_text()
    assert (folder / "engine-1.txt").is_file()
