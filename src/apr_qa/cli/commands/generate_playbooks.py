"""`apr-qa generate-playbooks`: the playbook files of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import PLAYBOOKS, CliCommand
from apr_qa.errors import Exit


def generate_playbooks(
    folder: Annotated[Path, typer.Option(help="The folder of the generated files.")] = Path("playbooks/models"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is not up to date.")] = False,
    json: Json = False,
) -> int:
    """Write a playbook for every model of the registry, at the tiers that have files: same catalogue, same bytes.

    Exit status with --check: 0 nothing to do, 1 something is not up to date.

    Examples:

        apr-qa generate-playbooks

        apr-qa generate-playbooks --check
    """
    from apr_qa.pipeline.playbooks import bring_up_to_date, changes
    from apr_qa.pipeline.results import as_json

    found = changes(folder) if check else bring_up_to_date(folder)
    if json:
        typer.echo(as_json([{"path": str(change.path), "what": change.what} for change in found]))
    else:
        for change in found:
            typer.echo(f"  {change.what:10} {change.path}")
        typer.echo(f"  {len(found) or 'nothing'} {'to do' if check else 'changed'}")
        if found and not check:
            typer.echo("  next  apr-qa lock-playbooks")
    return Exit.BLOCKED if check and found else Exit.PASSED


COMMAND = CliCommand(name="generate-playbooks", panel=PLAYBOOKS, order=3, run=generate_playbooks)
