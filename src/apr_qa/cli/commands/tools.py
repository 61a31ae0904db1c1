"""`apr-qa tools`: does every subcommand of apr handle this model?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.errors import Exit

if TYPE_CHECKING:
    from apr_qa.pipeline.tools import Coverage


def tools(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A weights file or a folder that holds one.")],
    no_gpu: Annotated[bool, typer.Option("--no-gpu", help="On the cpu only, where a command has the choice.")] = False,
    apr_binary: options.AprBinary = "apr",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A folder for tool_tests.json, too.")] = None,
    json: options.Json = False,
) -> int:
    """Try every subcommand that the installed apr lists: run it read-only on the model, or ask for its help.

    What writes, reaches the network or waits for a person is left alone, with the reason. Each command has a home and
    a working folder of its own that are thrown away.

    Exit status: 0 all did what they say and left the model alone, 1 one did not, 2 no apr or no model.

    Example:

        apr-qa tools models/tiny/safetensors/model.safetensors --no-gpu
    """
    from apr_qa.cli.live import watching
    from apr_qa.files import plain_data, write_text
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.tools import cover

    with watching("subcommands of apr", quiet=True) as watch:
        found = cover(model, no_gpu=no_gpu, apr_binary=apr_binary, busy=watch.busy)
    status = Exit.BLOCKED if found.failed or found.touched else Exit.PASSED
    plain = {**plain_data(found), "exit": int(status)}
    if output:
        write_text(output / "tool_tests.json", as_json(plain) + "\n")
    if json:
        typer.echo(as_json(plain))
    else:
        _show(found)
    return status


def _show(found: Coverage) -> None:
    from apr_qa.text import one_line

    marks = {True: {"run": "ok", "help only": "ok", "not run": "-"}, False: {}}
    for tool in found.tools:
        if tool.how != "help only" or not tool.ok:
            typer.echo(
                f"  {marks[tool.ok].get(tool.how, 'x'):3} {tool.name:24} {tool.how:10} {one_line(tool.says, 160)}"
            )
    for line in found.touched:
        typer.echo(f"  x   the model's files were touched: {one_line(line)}")
    counts = Counter(tool.how for tool in found.tools)
    listed = ", ".join(f"{count} {how}" for how, count in counts.items())
    typer.echo(f"  {found.engine}: {len(found.tools)} subcommands ({listed}), {len(found.failed)} failed")


COMMAND = CliCommand(name="tools", panel=JUDGE, order=6, run=tools)
