"""One ticket for a flood: when a run shows more new causes than people can read, something larger is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from apr_qa.tickets.drafts import Draft
from apr_qa.tickets.markdown import span
from apr_qa.tickets.signature import ID_DIGITS

_LISTED = 100


def one_for_all(found: Sequence[Draft], repo: str) -> Draft:
    """Return the one draft that lists `found`. Its id is the repository's: there is one flood at a time."""
    worst = min(found, key=lambda draft: draft.severity)
    rows = "\n".join(f"| {d.severity} | {span(d.fingerprint)} | {d.occurrences} | {span(d.title)} |" for d in found)
    rows = "\n".join(rows.split("\n")[:_LISTED])
    count = len(found)
    body = (
        f"One run shows {count} new root causes. That is more than a ticket each would help with: most often one thing"
        f" is wrong with all of it. Look at the worst first; the drafts of all lie in the run's artefacts.\n\n"
        f"| Severity | Id | Lost claims | Cause |\n|---|---|--:|---|\n{rows}\n"
    )
    return replace(
        worst,
        fingerprint=hashlib.sha256(f"flood {repo}".encode()).hexdigest()[:ID_DIGITS],
        title=f"[apr-qa] {count} new root causes in one run",
        body=body,
        occurrences=sum(draft.occurrences for draft in found),
        gates=tuple(sorted({gate for draft in found for gate in draft.gates})),
        models=tuple(sorted({model for draft in found for model in draft.models})),
        places=tuple(sorted({place for draft in found for place in draft.places})),
        asked=tuple(sorted({name for draft in found for name in draft.asked})),
    )
