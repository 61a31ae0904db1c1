"""Whether a run stopped by its plan's own rule, read off the verdicts."""

from __future__ import annotations

from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.sequential import STOPPED


def stopped_early(evidence: Evidence) -> str:
    """Return the sentence that says so; empty when everything planned was asked."""
    for judged in evidence.judged if evidence.run.sequential else ():
        said = judged.verdict.detail.get(STOPPED)
        if isinstance(said, dict) and isinstance(said.get("sentence"), str):
            return str(said["sentence"])
    return ""
