"""What a finished run leaves behind besides its evidence: reports, a record of the certification, a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apr_qa.errors import Exit, InputError
from apr_qa.files import write_text
from apr_qa.rooms import furnish
from apr_qa.text import did_you_mean
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard, Status

REPORTS = "apr_qa.reports"
EXITS = {
    Status.CERTIFIED: Exit.PASSED,
    Status.PROVISIONAL: Exit.PASSED,
    Status.BLOCKED: Exit.BLOCKED,
    Status.PARTIAL: Exit.NO_VERDICT,
    Status.FAIL: Exit.NO_VERDICT,
    Status.PENDING: Exit.NO_VERDICT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One file that was written."""

    name: str
    path: Path


def write_reports(evidence: Evidence, card: Scorecard, folder: Path, names: Sequence[str] = ()) -> list[Written]:
    """Write the reports called `names` (all when empty) into `folder`. Raises InputError for an unknown name."""
    room = {report.name: report for report in furnish(REPORTS, Report)}
    for name in names:
        if name not in room:
            raise InputError(
                f"no report is called {name!r}{did_you_mean(name, room)}",
                where="--formats",
                remedy=f"all, or some of: {', '.join(room)}.",
            )
    written = []
    for name in names or tuple(room):
        path = folder / room[name].file_name
        write_text(path, room[name].render(evidence, card))
        written.append(Written(name=name, path=path))
    return written


def summary(evidence: Evidence, card: Scorecard, path: Path) -> dict[str, Any]:
    """Return the machine's answer about one model: what a script asks for first."""
    run = evidence.run
    return {
        "model": run.model,
        "revision": run.revision,
        "tier": run.tier.value,
        "status": card.status.value,
        "reason": card.reason,
        "mqs_score": card.mqs,
        "grade": card.grade,
        "qualifies": card.qualifies,
        "gateways": {gateway.value: state.value for gateway, state in card.gateways.items()},
        "planned": {"matrix": run.planned_matrix, "probes": run.planned_probes, "claims": len(run.claims)},
        "judged": card.matrix_judged,
        "claims_judged": card.judged,
        "claims_survived": card.corroborated,
        "lower_bound": card.lower_bound,
        "outcomes": dict(card.outcomes),
        "narrowed": list(run.narrowed),
        "engines": {form: f"{facts.name} {facts.version}" for form, facts in run.engines.items()},
        "evidence": str(path),
        "exit": int(EXITS[card.status]),
    }


def worst(statuses: Sequence[Status]) -> Exit:
    """Return the exit status for several models: the worst of theirs."""
    return max((EXITS[status] for status in statuses), default=Exit.PASSED)


def as_json(value: Any) -> str:
    """Return what `--json` prints."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
