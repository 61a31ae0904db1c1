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
    from apr_qa.cli.show import console, hung
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.survey import OK, survey
    from apr_qa.text import one_line

    findings = survey(model_cache, online=online, apr_binary=apr_binary)
    if json:
        typer.echo(as_json([asdict(finding) for finding in findings]))
        return
    out = console()
    for finding in findings:
        hung(out, f"  {finding.mark:3} {finding.what:30}  ", one_line(finding.says, 400))
        if finding.fix:
            hung(out, " " * 38 + "fix  ", finding.fix)
    # Without apr, nothing here is on trial for APR files: the narrower claim is one that can be proved.
    with_apr = any(finding.mark == OK and finding.what.startswith("engine apr ") for finding in findings)
    out.print(f"\nTry  apr-qa certify tiny mvp --backends cpu{'' if with_apr else ' --formats safetensors,gguf'}")


COMMAND = CliCommand(name="doctor", panel=JUDGE, order=0, run=doctor)
