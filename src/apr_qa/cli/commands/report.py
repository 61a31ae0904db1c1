"""`apr-qa report`: evidence as pages for people and files for machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import READ, CliCommand


def report(
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE", help="evidence.json, or the journal of a run.")],
    formats: Annotated[str, typer.Option(help="all, or some of the reports, comma-separated.")] = "all",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the reports (else the evidence's own).")
    ] = None,
    rejudge: Annotated[bool, typer.Option("--rejudge", help="Ask today's oracles and gates again first.")] = False,
    model: options.ModelName = "",
    json: options.Json = False,
) -> None:
    """Write reports: the certificate as one HTML page, JUnit, Markdown, JSON and more.

    Examples:

        apr-qa report certifications/tiny-mvp-1a2b3c4d/evidence.json --formats all

        apr-qa report evidence.json --formats html,junit --output out
    """
    from apr_qa.pipeline.rescore import rescore
    from apr_qa.pipeline.results import as_json, write_reports

    names = [] if formats.strip() == "all" else [name.strip() for name in formats.split(",") if name.strip()]
    scored = rescore(evidence, rejudge=rejudge, model=model)
    written = write_reports(scored.evidence, scored.scorecard, output or evidence.parent, names)
    if json:
        typer.echo(as_json({item.name: str(item.path) for item in written}))
    else:
        for item in written:
            typer.echo(f"  {item.name:10} {item.path}")


COMMAND = CliCommand(name="report", panel=READ, order=2, run=report)
