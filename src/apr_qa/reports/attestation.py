"""in-toto statement with a test-result predicate: ready to be signed, binding the verdict to the files' digests."""

from __future__ import annotations

from apr_qa.reports._complete import complete
from apr_qa.reports._json import safe_json, well_formed
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard, Status
from apr_qa.vocab.verdict import Outcome

_RESULTS = {Status.CERTIFIED: "PASSED", Status.PROVISIONAL: "WARNED"}
"""Every other status is FAILED: a test result knows no missing verdict, and a gap must not read as a pass."""
NAMES = 5000
"""Claims named in one list."""


def render(evidence: Evidence, card: Scorecard) -> str:
    """Return the statement (in-toto attestation v1, predicate test-result v0.1)."""
    run = evidence.run
    evidence = complete(evidence)
    subjects = [{"name": well_formed(n, 300), "digest": {"sha256": d}} for n, d in sorted(run.files.items())]
    return safe_json(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
            "predicate": {
                "result": _RESULTS.get(card.status, "FAILED"),
                "configuration": _configuration(evidence),
                "passedTests": _names(evidence, Outcome.CORROBORATED),
                "warnedTests": _names(evidence, Outcome.SKIPPED),
                "failedTests": _names(evidence, Outcome.FALSIFIED, Outcome.CRASHED, Outcome.TIMEOUT, Outcome.UNJUDGED),
            },
        }
    )


def _configuration(evidence: Evidence) -> list[dict[str, object]]:
    run = evidence.run
    named = {"playbook": run.playbook_digest, "plan": run.plan_digest, "evidence": evidence.seal}
    named |= {f"engine {e.name} {e.version}": e.digest for e in run.engines.values()}
    return [{"name": well_formed(name, 300), "digest": {"sha256": digest}} for name, digest in named.items() if digest]


def _names(evidence: Evidence, *outcomes: Outcome) -> list[str]:
    found = [well_formed(j.claim.id, 300) for j in evidence.judged if j.verdict.outcome in outcomes]
    return found if len(found) <= NAMES else [*found[:NAMES], f"{len(found) - NAMES} more in the evidence"]


ATTESTATION = Report(
    name="attestation", file_name="test-result.intoto.json", summary="in-toto test result, to be signed", render=render
)
