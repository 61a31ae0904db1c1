"""Evidence in the registry: judged into records, judged again by lint; tickets; a clean tree stays clean."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess

import pytest
from command_line import ROOT
from sample_evidence import outcome_of

from apr_qa.cli.main import run
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.registry.table import END, START
from apr_qa.vocab.verdict import Outcome

SMOKE = ("certify", str(ROOT / "models" / "tiny"), "smoke", "--engine", "reference")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    """The tiny model, certified for real with drafts of tickets."""
    folder = tmp_path_factory.mktemp("run")
    assert run([*SMOKE, "--auto-ticket", "--output", str(folder)]) == 0
    (found,) = folder.glob("*/evidence.json")
    return found


def registry(tmp_path, evidence):
    """A registry with one piece of evidence, judged into a record as the guide says."""
    home = tmp_path / "docs" / "certifications"
    (home / "evidence").mkdir(parents=True)
    shutil.copy(evidence, home / "evidence" / "one.json")
    (tmp_path / "README.md").write_text(f"{START}\n{END}\n")
    return home


def lint(tell, home):
    """What lint finds."""
    return tell("registry", "lint", "--folder", home, "--readme", home.parents[1] / "README.md", "--json").json


def test_evidence_becomes_a_record_and_lint_judges_it_again(tell, tmp_path, evidence):
    """Before the export its record is missing; after it only what judging again shows remains."""
    home = registry(tmp_path, evidence)
    assert any("its record is missing" in line for line in lint(tell, home))
    done = tell("export-csv", "--evidence-dir", home / "evidence", "--output", home / "models.csv")
    assert done.status == 0, done.err
    assert not any("evidence/" in line for line in lint(tell, home))


def test_evidence_that_was_changed_or_says_another_thing_is_found(tell, tmp_path, evidence):
    """A verdict sealed against its own answer, and a byte changed after sealing."""
    home = registry(tmp_path, evidence)
    whole = read_evidence(evidence)
    asked = next(j for j in whole.judged if j.claim.gate == "F-A1-001")
    turned = tuple(outcome_of(j, Outcome.FALSIFIED, "turned") if j == asked else j for j in whole.judged)
    seal_evidence(dataclasses.replace(whole, judged=turned), home / "evidence" / "turned.json")
    torn = evidence.read_bytes().replace(b'"corroborated"', b'"falsified"', 1)
    (home / "evidence" / "torn.json").write_bytes(torn)
    found = lint(tell, home)
    assert any("evidence/turned.json: judged again" in line and asked.claim.id in line for line in found)
    assert any(line.startswith("evidence/torn.json: ") for line in found)


def test_tickets_are_drafted_beside_the_run(evidence):
    """--auto-ticket writes one draft a root cause and opens nothing; a healthy run has none."""
    assert [path.name for path in (evidence.parent / "tickets").iterdir()] == ["tickets.jsonl"]
    assert (evidence.parent / "tickets" / "tickets.jsonl").read_text() == ""


def test_a_clean_tree_stays_clean():
    """`make update-certifications` has nothing to do: derived files are what the committed records say."""
    argv = [ROOT / ".venv" / "bin" / "apr-qa", "registry", "derive", "--json"]
    if not argv[0].exists():
        assert run(["registry", "lint"]) == 0
        return
    tracked = ["README.md", "docs/certifications/models.csv"]
    before = [(ROOT / name).read_bytes() for name in tracked]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]")
    assert [(ROOT / name).read_bytes() for name in tracked] == before
