"""`apr-qa registry`: the published table and its records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand
from apr_qa.errors import Exit

Folder = Annotated[Path, typer.Option(help="The registry's folder.")]
Readme = Annotated[Path | None, typer.Option(help="A README with the table's markers, kept up to date, too.")]
_FOLDER, _README = Path("docs/certifications"), Path("README.md")


def derive(folder: Folder = _FOLDER, readme: Readme = _README, json: Json = False) -> None:
    """Derive models.csv, the README table and badges from the records: the same records, the same bytes.

    Example:

        apr-qa registry derive
    """
    from apr_qa.pipeline.registry import derive_all
    from apr_qa.pipeline.results import as_json

    changed = derive_all(folder, readme)
    if json:
        typer.echo(as_json([str(path) for path in changed]))
        return
    for path in changed:
        typer.echo(f"  written  {path}")
    typer.echo(f"  {len(changed) or 'nothing'} changed")


def lint(folder: Folder = _FOLDER, readme: Readme = _README, json: Json = False) -> int:
    """Derive everything again and name every contradiction: between records, table, README, badges.

    Evidence that lies below `evidence/` is judged again: it must say the same, and its record must be there.

    Exit status: 0 none, 1 at least one.

    Example:

        apr-qa registry lint
    """
    from apr_qa.pipeline.registry import lint_all
    from apr_qa.pipeline.results import as_json

    found = lint_all(folder, readme)
    if json:
        typer.echo(as_json(list(found)))
    else:
        for line in found:
            typer.echo(f"  x  {line}")
        typer.echo(f"  {len(found) or 'no'} contradictions")
    return Exit.BLOCKED if found else Exit.PASSED


COMMANDS = (
    CliCommand(name="derive", group="registry", panel=REGISTRY, order=2, run=derive),
    CliCommand(name="lint", group="registry", panel=REGISTRY, order=3, run=lint),
)
