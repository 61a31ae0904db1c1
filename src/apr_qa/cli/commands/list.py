"""`apr-qa list`: the models that can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import REGISTRY, CliCommand
from apr_qa.vocab.axes import SizeClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apr_qa.vocab.score import Status


def list_models(
    size: Annotated[str, typer.Option("--size", "-s", help="tiny, small, medium, large, xlarge or huge.")] = "",
    family: Annotated[str, typer.Option(help="A family, or one of its other names.")] = "",
    status: Annotated[str, typer.Option(help="CERTIFIED, PROVISIONAL, BLOCKED, PENDING, PARTIAL or FAIL.")] = "",
    json: options.Json = False,
) -> None:
    """List the registry: every model, its family and size, and what has been certified of it.

    Examples:

        apr-qa list --size small

        apr-qa list --family qwen-coder --status pending
    """
    from apr_qa.cli.show import console, table
    from apr_qa.pipeline.registry import rows
    from apr_qa.pipeline.results import as_json

    wanted_size = options.one_of(SizeClass, size, "--size") if size else None
    wanted_status = _status(status) if status else None
    found = [
        row
        for row in rows(family)
        if (wanted_size is None or row["size_category"] == wanted_size)
        and (wanted_status is None or row["status"] == wanted_status)
    ]
    if json:
        typer.echo(as_json(found))
        return
    names = ("model", "family", "size", "class", "status", "MQS", "grade", "tier")
    console().print(table(names, [_line(row) for row in found]))
    typer.echo(f"  {len(found)} models")


def _line(row: Mapping[str, object]) -> tuple[str, ...]:
    """A row to be read: a model that was never judged has no score."""
    told = ("mqs_score", "grade", "certified_tier")
    judged = [str(row[column]) if row["status"] != "PENDING" else "-" for column in told]
    return (*(str(row[column]) for column in ("model_id", "family", "parameters", "size_category", "status")), *judged)


def _status(word: str) -> Status:
    from apr_qa.vocab.score import Status

    upper = {member.value: member for member in Status}
    if word.strip().upper() in upper:
        return upper[word.strip().upper()]
    return options.one_of(Status, word, "--status")


COMMAND = CliCommand(name="list", panel=REGISTRY, order=1, run=list_models)
