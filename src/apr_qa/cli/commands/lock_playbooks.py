"""`apr-qa lock-playbooks`: the lock that says which playbooks are as reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import PLAYBOOKS, CliCommand
from apr_qa.errors import Exit


def lock_playbooks(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The playbooks; its `models` folder does, too.")
    ] = Path("playbooks"),
    verify: Annotated[bool, typer.Option("--verify", help="Write nothing; say what differs from the lock.")] = False,
    json: Json = False,
) -> int:
    """Write `playbook.lock.yaml`: the digest of every `*.playbook.yaml` of the folder.

    `apr-qa run` refuses a playbook that changed since, so that no certificate rests on a playbook that nobody
    reviewed. Exit status with --verify: 0 as locked, 1 something differs.

    Examples:

        apr-qa lock-playbooks playbooks/models/

        apr-qa lock-playbooks --verify
    """
    from apr_qa.pipeline import playbooks
    from apr_qa.pipeline.results import as_json

    if not verify:
        path = playbooks.lock(folder)
        typer.echo(as_json({"lock": str(path)}) if json else f"  written  {path}")
        return Exit.PASSED
    found = playbooks.drifts(folder)
    if json:
        typer.echo(as_json([{"path": drift.path, "problem": drift.problem} for drift in found]))
    else:
        for drift in found:
            typer.echo(f"  x  {drift.path} {drift.problem}")
        typer.echo(f"  {len(found) or 'nothing'} differs from the lock")
    return Exit.BLOCKED if found else Exit.PASSED


COMMAND = CliCommand(name="lock-playbooks", panel=PLAYBOOKS, order=4, run=lock_playbooks)
