"""Evidence as it is counted: every planned claim once, with its last verdict or the remark that it has none."""

from __future__ import annotations

import dataclasses

from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.verdict import Outcome, Verdict

_NEVER = Verdict(outcome=Outcome.UNJUDGED, reason="Planned but never judged: the run ended before.")


def complete(evidence: Evidence) -> Evidence:
    """Return the same evidence with one verdict for each claim, in the order of the plan, as the score counts them."""
    last = {judged.claim.id: judged for judged in evidence.judged}
    planned = {claim.id: last.get(claim.id, Judged(claim=claim, verdict=_NEVER)) for claim in evidence.run.claims}
    return dataclasses.replace(evidence, judged=tuple((planned | last).values()))
