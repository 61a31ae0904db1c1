"""`apr-qa tickets`: lost claims as drafts of issues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import READ, CliCommand


def tickets(
    evidence: Annotated[list[Path], typer.Argument(metavar="EVIDENCE...", help="Evidence of one or more runs.")],
    repo: Annotated[str, typer.Option("--repo", "-r", help="Where the issues would be opened.")] = "paiml/aprender",
    min_occurrences: Annotated[int, typer.Option(min=1, help="Leave out causes with fewer lost claims.")] = 1,
    black_swans_only: Annotated[bool, typer.Option("--black-swans-only", help="Crashes only.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the drafts, else they are printed.")
    ] = None,
    json: Json = False,
) -> None:
    """Draft a ticket for each root cause: the same failure in several formats, backends and models is one.

    Nothing is opened. What a model said stands in fences that it cannot leave; a draft's id stays the same as long as
    engine, major version, kind of failure and its words do.

    Examples:

        apr-qa tickets certifications/tiny-mvp-1a2b3c4d/evidence.json --repo paiml/aprender

        apr-qa tickets certifications/*/evidence.json --output out/tickets
    """
    from apr_qa.files import plain_data
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.tickets import drafts_from, write_drafts

    found = drafts_from(evidence, least=min_occurrences, crashes_only=black_swans_only)
    written = write_drafts(found, repo, output) if output else ()
    if json:
        files = [str(path) for path in written]
        typer.echo(as_json({"repo": repo, "drafts": plain_data(found), "written": files}))
        return
    for draft in found:
        typer.echo(f"{draft.severity}  {draft.fingerprint}  {draft.occurrences:4} lost  {draft.title}")
        if not output:
            typer.echo(f"\n{draft.body}")
    for path in written:
        typer.echo(f"  written  {path}")
    typer.echo(f"{len(found) or 'no'} tickets for {repo}; nothing was opened")


COMMAND = CliCommand(name="tickets", panel=READ, order=6, run=tickets)
