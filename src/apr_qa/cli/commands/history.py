"""`apr-qa history`: every certification of a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand

if TYPE_CHECKING:
    from apr_qa.registry.record import Record
    from apr_qa.registry.standing import Standing


def history(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model id, `family/size` or family.")],
    folder: Annotated[Path, typer.Option(help="The registry's folder.")] = Path("docs/certifications"),
    json: Json = False,
) -> None:
    """List every certification of a model, oldest first, and which of them its row shows.

    Example:

        apr-qa history tiny
    """
    from apr_qa.cli.show import console, table
    from apr_qa.pipeline.history import history_of
    from apr_qa.pipeline.results import as_json

    found = history_of(model, folder)
    lines = [_line(record, standing) for standing in found.values() for record in standing.history]
    if json:
        typer.echo(as_json(lines))
        return
    columns = ("when", "model", "tier", "status", "mqs_score", "grade", "engines", "row")
    if lines:
        console().print(table(columns, [[str(line[column]) for column in columns] for line in lines]))
    typer.echo(f"  {len(lines) or 'no'} certifications")


def _line(record: Record, standing: Standing) -> dict[str, Any]:
    shown = record == standing.record
    return {
        "when": record.last_certified,
        "model": record.model,
        "revision": record.revision,
        "tier": str(record.tier),
        "status": str(record.status),
        "mqs_score": record.mqs,
        "grade": record.grade,
        "reason": record.reason,
        "narrowed": list(record.narrowed),
        "stopped_early": record.stopped_early,
        "unlocked": record.unlocked,
        "engines": ", ".join(dict.fromkeys(f"{e.name} {e.version}" for e in record.engines.values())),
        "evidence": record.evidence,
        "expires": record.expires,
        "row": (f"shown; stale: {standing.stale}" if standing.stale else "shown") if shown else "",
    }


COMMAND = CliCommand(name="history", panel=REGISTRY, order=4, run=history)
