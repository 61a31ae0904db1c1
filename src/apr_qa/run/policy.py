"""When a run stops before its end."""

from __future__ import annotations

from apr_qa.vocab.axes import FailurePolicy, Severity
from apr_qa.vocab.verdict import Outcome


def should_stop(policy: FailurePolicy, severity: Severity, outcome: Outcome) -> str:
    """Return why the run stops after a claim of this severity came out like this; empty: it goes on.

    Only what was tested and lost stops a run: never a skip, and never a fault of our own.
    """
    if not outcome.is_lost or policy is FailurePolicy.COLLECT_ALL:
        return ""
    if policy is FailurePolicy.STOP_ON_P0 and severity is not Severity.P0:
        return ""
    return f"{policy}: a claim of severity {severity} is {outcome}"
