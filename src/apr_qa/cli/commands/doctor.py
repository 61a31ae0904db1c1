"""`apr-qa doctor`: what this machine can certify."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import JUDGE, CliCommand


def doctor(
    model_cache: options.ModelCache = None,
    apr_binary: options.AprBinary = "apr",
    online: Annotated[bool, typer.Option("--online", help="Ask the model hub, too.")] = False,
    json: options.Json = False,
) -> None:
    """Say what this machine can certify, what is missing, and how to get it.

    Marks: ok there, x broken, - absent, ? not asked.

    Examples:

        apr-qa doctor

        apr-qa doctor --online --json
    """
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.survey import survey
    from apr_qa.text import one_line

    findings = survey(model_cache, online=online, apr_binary=apr_binary)
    if json:
        typer.echo(as_json([asdict(finding) for finding in findings]))
        return
    for finding in findings:
        typer.echo(f"  {finding.mark:3} {finding.what:32} {one_line(finding.says, 200)}")
        if finding.fix:
            typer.echo(f"      {'':32} fix  {finding.fix}")
    typer.echo("\nTry  apr-qa certify tiny mvp --backends cpu")


COMMAND = CliCommand(name="doctor", panel=JUDGE, order=0, run=doctor)
