"""`apr-qa validate-schemas`: playbooks, templates, evidence, records and the schemas themselves."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand
from apr_qa.errors import Exit


def validate_schemas(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH...]", help="Files or folders; else `playbooks` and `docs/certifications`."),
    ] = None,
    json: Json = False,
) -> int:
    """Hold every playbook, template, piece of evidence and record against its schema, and the schemas against the code.

    Exit status: 0 all are sound, 1 one is not, 2 nothing to look at.

    Examples:

        apr-qa validate-schemas

        apr-qa validate-schemas playbooks/models my.playbook.yaml
    """
    from apr_qa.errors import InputError
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.validate import DEFAULTS, check

    found = check(tuple(paths or [path for path in DEFAULTS if path.exists()]))
    if not found:
        raise InputError("there is nothing here that has a schema", remedy="Run it in a checkout, or name files.")
    broken = [item for item in found if item.problem]
    if json:
        listed = [{"path": str(item.path), "kind": item.kind, "problem": item.problem} for item in found]
        typer.echo(as_json(listed))
    else:
        for item in broken:
            typer.echo(f"  x  {item.path} ({item.kind}): {item.problem}")
        counts = ", ".join(f"{count} x {kind}" for kind, count in sorted(Counter(i.kind for i in found).items()))
        typer.echo(f"  {len(found) - len(broken)} of {len(found)} are sound: {counts}")
    return Exit.BLOCKED if broken else Exit.PASSED


COMMAND = CliCommand(name="validate-schemas", panel=REGISTRY, order=8, run=validate_schemas)
