"""A certification is held against the last certificate of the same model and tier in the registry."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apr_scripts import apr
from certifying_runs import Certification, certify

from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.vocab.verdict import Outcome

GATE = "F-REGR-CERTIFIED-001"
FORGETS = """
if "2+2" in prompt() or "3*3" in prompt() or "3 * 3" in prompt():
    answer("5")
else:
    healthy()
"""


def _planned(tmp_path: Path, *words: str, tier: str = "smoke") -> dict[str, Any]:
    done = certify("tiny", tier, "--engine", "reference", "--dry-run", *words, output=tmp_path / "out")
    assert done.status == 0, done.said
    return done.answer["plan"]


def _draws(plan: dict[str, Any]) -> bool:
    return GATE in {claim["gate"] for claim in plan["claims"]}


@pytest.fixture
def registry(certified: Certification, tmp_path: Path) -> Path:
    """Return a registry with the certificate of the tiny model at smoke, and its evidence under another name."""
    folder = tmp_path / "registry"
    shutil.copytree(certified.output / "records", folder / "records")
    (folder / "evidence").mkdir()
    shutil.copy(certified.evidence, folder / "evidence" / "tiny-smoke.json")
    return folder


def test_a_plan_is_held_against_the_last_certificate(registry: Path, tmp_path: Path) -> None:
    """Of the same model and tier only; the plan names its evidence. Without a registry nothing is drawn."""
    plan = _planned(tmp_path, "--registry", str(registry))
    assert _draws(plan)
    (record,) = (registry / "records").rglob("*.json")
    seal = json.loads(record.read_text())["evidence"]
    assert [note for note in plan["notes"] if seal[:16] in note]
    assert not _draws(_planned(tmp_path))
    assert not _draws(_planned(tmp_path, "--registry", str(registry), tier="mvp"))


def test_a_certificate_without_its_evidence_is_named(registry: Path, tmp_path: Path) -> None:
    """Nothing is drawn, and the plan says what is not here."""
    shutil.rmtree(registry / "evidence")
    plan = _planned(tmp_path, "--registry", str(registry))
    assert not _draws(plan)
    (why,) = [left["reason"] for left in plan["not_run"] if left["what"] == GATE]
    assert "the evidence of the certificate of" in why


def test_what_only_names_the_seal_is_not_taken_for_the_evidence(registry: Path, tmp_path: Path) -> None:
    """Neither a report beside it, nor other evidence with a note that ends in the words of the seal."""
    whole = registry / "evidence" / "tiny-smoke.json"
    evidence = read_evidence(whole)
    other = replace(evidence, observations=(), judged=(), notes=(f'"seal":"{evidence.seal}',))
    seal_evidence(other, registry / "evidence" / "a.json")
    (registry / "evidence" / "b.json").write_text(json.dumps({"evidence": evidence.seal}))
    plan = _planned(tmp_path, "--registry", str(registry))
    assert _draws(plan)
    assert [note for note in plan["notes"] if evidence.seal[:16] in note]
    whole.unlink()
    assert not _draws(_planned(tmp_path, "--registry", str(registry)))


def test_a_blocked_record_is_no_certificate(tmp_path: Path) -> None:
    """What did not pass proves no answer right."""
    engine = apr(tmp_path / "bin", "answer('4')")
    blocked = certify("tiny", "smoke", "--engine", engine, output=tmp_path / "registry")
    assert blocked.answer["status"] == "BLOCKED"
    assert not _draws(_planned(tmp_path, "--registry", str(tmp_path / "registry")))


def test_a_changed_certificate_is_refused(registry: Path, tmp_path: Path) -> None:
    """Evidence turned by hand and a record with other bytes than its name promises: both are bad input."""
    evidence = registry / "evidence" / "tiny-smoke.json"
    whole = evidence.read_text()
    evidence.write_text(whole.replace('"corroborated"', '"falsified"', 1))
    words = ("tiny", "smoke", "--engine", "reference", "--dry-run", "--registry", str(registry))
    assert certify(*words, output=tmp_path / "out").status == 2
    evidence.write_text(whole)
    (record,) = (registry / "records").rglob("*.json")
    record.write_text(record.read_text().replace("PROVISIONAL", "CERTIFIED"))
    refused = certify(*words, output=tmp_path / "out")
    assert (refused.status, record.name in refused.said) == (2, True)


@pytest.mark.parametrize(("body", "outcome"), [("healthy()", Outcome.CORROBORATED), (FORGETS, Outcome.FALSIFIED)])
def test_a_regression_is_judged(body: str, outcome: Outcome, registry: Path, answers: Path, tmp_path: Path) -> None:
    """An engine that answers as before survives; one that gets wrong what was right loses the claim."""
    engine = apr(tmp_path / "bin", body, answers=answers)
    words = ("--engine", engine, "--registry", str(registry), "--failure-policy", "collect-all")
    done = certify("tiny", "smoke", *words, output=tmp_path / "out")
    judged = [j.verdict for j in read_evidence(done.evidence).judged if j.claim.gate == GATE]
    assert [verdict.outcome for verdict in judged] == [outcome]
    assert ("right before" in done.lost.get(GATE, "")) == (outcome is Outcome.FALSIFIED)
