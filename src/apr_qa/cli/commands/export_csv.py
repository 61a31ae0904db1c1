"""`apr-qa export-csv`: evidence into the registry's table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand


def export_csv(
    evidence_dir: Annotated[
        Path, typer.Option("--evidence-dir", "-e", help="A folder with sealed evidence, at any depth.")
    ] = Path("docs/certifications/evidence"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The table; records go beside it.")] = Path(
        "docs/certifications/models.csv"
    ),
    rejudge: Annotated[bool, typer.Option("--rejudge", help="Ask today's oracles and gates again first.")] = False,
    append: Annotated[bool, typer.Option("--append", hidden=True)] = False,  # noqa: ARG001  (nothing is ever dropped)
    json: Json = False,
) -> None:
    """Judge sealed evidence into records, one a certification, and derive the table from all records there are.

    Nothing is ever dropped: records that are there stay, and so do columns that are not ours. Evidence that was
    changed stops the command before anything is written.

    Examples:

        apr-qa export-csv --evidence-dir docs/certifications/evidence --output docs/certifications/models.csv

        apr-qa export-csv --evidence-dir certifications --output out/models.csv
    """
    from apr_qa.pipeline.export import to_registry
    from apr_qa.pipeline.results import as_json

    done = to_registry(evidence_dir, output, rejudge=rejudge)
    if json:
        skipped = {str(path): reason for path, reason in done.passed_over.items()}
        records = [str(path) for path in done.records]
        typer.echo(as_json({"table": str(done.table), "records": records, "passed_over": skipped}))
        return
    for path, reason in done.passed_over.items():
        typer.echo(f"  -  {path}: {reason}")
    for path in done.records:
        typer.echo(f"  record  {path}")
    typer.echo(f"  table   {done.table}, from {len(done.records)} pieces of evidence here and what was there before")


COMMAND = CliCommand(name="export-csv", panel=REGISTRY, order=6, run=export_csv)
