"""in-toto statement with a test-result predicate: ready to be signed, binding the verdict to the files' digests."""

from __future__ import annotations

from collections import Counter

from apr_qa.reports._complete import complete
from apr_qa.reports._json import safe_json, well_formed
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard, Status
from apr_qa.vocab.verdict import Outcome

_RESULTS = {Status.CERTIFIED: "PASSED", Status.PROVISIONAL: "WARNED"}
"""Every other status is FAILED: a test result knows no missing verdict, and a gap must not read as a pass."""
_KINDS = {Outcome.CORROBORATED: "passedTests", Outcome.SKIPPED: "warnedTests"}
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
                **_tests(evidence),
            },
        }
    )


def _configuration(evidence: Evidence) -> list[dict[str, object]]:
    run = evidence.run
    named = {"playbook": run.playbook_digest, "plan": run.plan_digest, "evidence": evidence.seal}
    named |= {f"engine {e.name} {e.version}": e.digest for e in run.engines.values()}
    return [{"name": well_formed(name, 300), "digest": {"sha256": digest}} for name, digest in named.items() if digest]


def _tests(evidence: Evidence) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in ("passedTests", "warnedTests", "failedTests")}
    counts: Counter[str] = Counter()
    for judged in evidence.judged:
        kind = _KINDS.get(judged.verdict.outcome, "failedTests")
        counts[kind] += 1
        if counts[kind] <= NAMES:
            found[kind].append(well_formed(judged.claim.id, 300))
    more = {kind: [f"{n - NAMES} more in the evidence"] if n > NAMES else [] for kind, n in counts.items()}
    return {kind: names + more.get(kind, []) for kind, names in found.items()}


ATTESTATION = Report(
    name="attestation", file_name="test-result.intoto.json", summary="in-toto test result, to be signed", render=render
)
