"""JUnit, JSON, Markdown, SARIF, in-toto, ML-BOM: what they say."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter

import sample_models

from apr_qa.reports.attestation import ATTESTATION
from apr_qa.reports.json_summary import JSON
from apr_qa.reports.junit import JUNIT
from apr_qa.reports.markdown import MARKDOWN
from apr_qa.reports.mlbom import MLBOM
from apr_qa.reports.sarif import SARIF
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.score import Scorecard, Status


def parsed(evidence: Evidence, card: Scorecard) -> ET.Element:
    """Render JUnit and read it again."""
    return ET.fromstring(JUNIT.text(evidence, card))  # noqa: S314  (our own output)


def test_junit_counts_every_claim_once() -> None:
    """Sums of suites equal the whole; timeouts are errors; names are unique in a suite."""
    evidence, card = sample_models.blocked()
    root = parsed(evidence, card)
    for tag, total in (("testcase", "tests"), ("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        found = sum(int(suite.get(total, "0")) for suite in root.findall("testsuite"))
        assert found == int(root.get(total, "-1")) == len(root.findall(f".//{tag}"))
    assert int(root.get("tests", "0")) == len(evidence.judged)
    assert [e.get("type") for e in root.findall(".//error")] == ["timeout"]
    for suite in root.findall("testsuite"):
        names = [case.get("name") for case in suite.findall("testcase")]
        assert len(names) == len(set(names))
    assert {suite.get("name") for suite in root.findall("testsuite")} == {"SafeTensors", "APR", "GGUF"}


def test_junit_keeps_the_reason_of_a_skip() -> None:
    """A skip without its reason is a hole."""
    root = parsed(*sample_models.blocked())
    assert [s.get("message") for s in root.findall(".//skipped")] == ["The chat template has no tools."]


def test_junit_turns_red_for_what_could_not_be_judged() -> None:
    """Unjudged is an error of type unjudged, not a failure of the model."""
    root = parsed(*sample_models.partial_run())
    assert Counter(e.get("type") for e in root.findall(".//error")) == {"unjudged": 12}
    assert root.get("failures") == "0"


def test_json_holds_the_verdict_and_its_digests() -> None:
    """Status, score, gateways, planned, judged and everything that it depends on."""
    evidence, card = sample_models.blocked()
    said = json.loads(JSON.text(evidence, card))
    assert (said["status"], said["mqs_score"], said["before_gateways"], said["grade"]) == ("BLOCKED", 0, 741, "F")
    assert said["gateways"]["G4"] == "fell"
    assert said["planned"] == {"matrix": 36, "probes": 12}
    assert said["judged"] == 36
    assert said["digests"]["evidence"] == evidence.seal
    assert said["digests"]["files"]["model.gguf"] == "33" * 32
    assert said["causes"][0]["gate"] == "F-CONTRACT-I2-001"
    assert set(said["throughput"]) == {"apr-cpu", "safetensors-cpu"}


def test_markdown_is_a_summary() -> None:
    """Verdict first, both sides, the cells, the causes; small."""
    text = MARKDOWN.text(*sample_models.blocked())
    order = [text.index(w) for w in ("✗ Blocked", "**Why:**", "**Next:**", "**Proved**", "**Not proved**", "| cpu |")]
    assert order == sorted(order)
    assert "- prompt `What is 2 + 2?`" in text
    assert len(MARKDOWN.text(*sample_models.hostile("<&>|`@#" * 2000, count=200)).encode()) < 60_000


def test_sarif_names_the_file_at_fault() -> None:
    """A fault of the GGUF file points at the GGUF file; wrong answers are none of its business."""
    (run,) = json.loads(SARIF.text(*sample_models.blocked()))["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "F-CONTRACT-I2-001"
    assert result["level"] == "error"
    assert [loc["physicalLocation"]["artifactLocation"]["uri"] for loc in result["locations"]] == ["model.gguf"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    (clean,) = json.loads(SARIF.text(*sample_models.passing()))["runs"]
    assert clean["results"] == []


def test_the_attestation_passes_only_a_certified_model() -> None:
    """PASSED is CERTIFIED alone; a gap is FAILED, and unjudged claims are named among the failed."""
    results = {}
    for name in ("passing", "blocked", "partial", "empty"):
        evidence, card = sample_models.CASES[name]()
        statement = json.loads(ATTESTATION.text(evidence, card))
        assert {s["name"]: s["digest"]["sha256"] for s in statement["subject"]} == dict(evidence.run.files)
        results[card.status] = statement["predicate"]["result"]
    assert results == {
        Status.CERTIFIED: "PASSED",
        Status.BLOCKED: "FAILED",
        Status.PARTIAL: "FAILED",
        Status.FAIL: "FAILED",
    }
    partial = json.loads(ATTESTATION.text(*sample_models.partial_run()))["predicate"]
    assert len(partial["failedTests"]) == 12


def test_the_bill_carries_bounds() -> None:
    """The pass rate stands with its confidence interval, and every file with its hash."""
    evidence, card = sample_models.passing()
    bill = json.loads(MLBOM.text(evidence, card))
    (model,) = bill["components"]
    metric = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]
    assert float(metric["confidenceInterval"]["lowerBound"]) < float(metric["value"]) == 1.0
    assert {c["name"]: c["hashes"][0]["content"] for c in model["components"]} == dict(evidence.run.files)
    assert MLBOM.text(evidence, card) == MLBOM.text(*sample_models.passing())
