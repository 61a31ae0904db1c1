"""`apr-qa score`: what evidence is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import READ, CliCommand


def score(
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE", help="evidence.json, or the journal of a run.")],
    rejudge: Annotated[
        bool, typer.Option("--rejudge", help="Ask today's oracles and gates again instead of the stored verdicts.")
    ] = False,
    model: options.ModelName = "",
    json: options.Json = False,
) -> int:
    """Score evidence: MQS, grade, gateways, status. Reads what the original tool wrote, too, and judges it anew.

    Exit status: 0 certified or provisional, 1 blocked, 2 unreadable or changed evidence, 3 no verdict.

    Examples:

        apr-qa score certifications/tiny-mvp-1a2b3c4d/evidence.json

        apr-qa score old/evidence.json --rejudge --json
    """
    from apr_qa.cli.show import show_verdict
    from apr_qa.pipeline.rescore import rescore
    from apr_qa.pipeline.results import EXITS, as_json, summary

    scored = rescore(evidence, rejudge=rejudge, model=model)
    if json:
        typer.echo(as_json(summary(scored.evidence, scored.scorecard, evidence)))
    else:
        show_verdict(scored.evidence, scored.scorecard, "")
        for note in scored.evidence.notes:
            typer.echo(f"  note: {note}")
    return EXITS[scored.scorecard.status]


COMMAND = CliCommand(name="score", panel=READ, order=1, run=score)
