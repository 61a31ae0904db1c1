"""SARIF 2.1.0: faults of the artefacts, for code scanning: what is wrong with which file."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from apr_qa.reports._complete import complete
from apr_qa.reports._display import one_line, visible
from apr_qa.reports._json import safe_json, well_formed
from apr_qa.vocab.axes import Format, Gateway, Severity
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard

_LEVELS = {Severity.P0: "error", Severity.P1: "error", Severity.P2: "warning", Severity.P3: "note"}
_SUFFIXES = {Format.SAFETENSORS: ".safetensors", Format.APR: ".apr", Format.GGUF: ".gguf"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(evidence: Evidence, _card: Scorecard) -> str:
    """Return the log; it holds lost claims about files only, since answers have no place in a file."""
    faults = [j for j in complete(evidence).judged if j.verdict.outcome.is_lost and _is_about_files(j)]
    rules = dict.fromkeys(j.claim.gate for j in faults)
    driver = {
        "name": "apr-qa",
        "version": evidence.run.apr_qa_version,
        "rules": [{"id": one_line(gate, 200), "shortDescription": {"text": one_line(gate, 200)}} for gate in rules],
    }
    results = [_result(fault, evidence, list(rules)) for fault in faults]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return safe_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _is_about_files(judged: Judged) -> bool:
    return judged.claim.gateway is Gateway.G0 or not judged.claim.needs


def _result(fault: Judged, evidence: Evidence, rules: list[str]) -> dict[str, object]:
    claim = fault.claim
    return {
        "ruleId": one_line(claim.gate, 200),
        "ruleIndex": rules.index(claim.gate),
        "level": _LEVELS[claim.severity],
        "message": {"text": visible(fault.verdict.reason, 1000) or "no reason given"},
        "locations": [_location(name) for name in _files(fault, evidence)],
        "partialFingerprints": {"aprQaClaim/v1": well_formed(claim.id, 300)},
    }


def _files(fault: Judged, evidence: Evidence) -> Iterator[str]:
    """The file the verdict names, else the weights of the format, else the model's configuration."""
    named = fault.verdict.detail.get("file")
    if isinstance(named, str) and named:
        yield named
        return
    fmt = fault.claim.subject.format
    weights = [name for name in sorted(evidence.run.files) if fmt and name.endswith(_SUFFIXES[fmt])]
    yield from weights[:10] or ["config.json"]


def _location(name: str) -> dict[str, object]:
    uri = quote(well_formed(name, 500).replace("\\", "/").lstrip("/"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}}


SARIF = Report(
    name="sarif", file_name="artefacts.sarif", summary="faults of the files, for code scanning", render=render
)
