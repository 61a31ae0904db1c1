"""`apr-qa diff`: what differs between two models' files, tensor by tensor."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import READ, CliCommand

if TYPE_CHECKING:
    from apr_qa.pipeline.diff import Diff, TensorDiff
    from apr_qa.pipeline.diff_settings import Setting


def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="A weights file or a model folder.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another, of the same or another format.")],
    limit: Annotated[int, typer.Option(min=0, help="How many differences are shown, the worst first; 0: all.")] = 20,
    json: Json = False,
) -> int:
    """Compare two models' files: names, shapes, types, every value, and what their configs and metadata say.

    Names are matched between formats as the family is known to be written. Where values differ by more than the
    coarser type explains, what was done to them is named. Of a folder with several formats SafeTensors is taken.

    Exit status: 0 alike as far as the types allow, 1 they differ, 2 nothing there, 3 they cannot be compared.

    Examples:

        apr-qa diff models/tiny/safetensors models/tiny/gguf/model-q8_0.gguf

        apr-qa diff before.gguf after.gguf --limit 5
    """
    from apr_qa.cli.live import watching
    from apr_qa.files import plain_data
    from apr_qa.pipeline.diff import diff as difference
    from apr_qa.pipeline.results import as_json

    with watching("tensors", quiet=True) as watch:
        found = difference(first, second, watch.busy)
    if json:
        typer.echo(as_json({**plain_data(found), "exit": int(found.exit)}))
    else:
        _show(found, limit)
    return found.exit


def _show(found: Diff, limit: int) -> None:
    from apr_qa.cli.show import console, table
    from apr_qa.text import one_line

    shown = found.tensors[: limit or None]
    columns = ("", "tensor", "shape", "types", "error", "what")
    console().print(table(columns, [_cells(one) for one in shown]))
    if len(shown) < len(found.tensors):
        typer.echo(f"  and {len(found.tensors) - len(shown)} more (--limit 0 shows all)")
    said = sorted(found.settings, key=lambda one: not one.counts)
    for one in said[: limit or None]:
        typer.echo(f"  {'x' if one.counts else '-'}  {_setting(one)}")
    if limit and len(said) > limit:
        typer.echo(f"  and {len(said) - limit} more differences of configs and metadata")
    counts = Counter(one.likeness for one in found.tensors)
    alike = ", ".join(f"{count} {likeness}" for likeness, count in counts.items())
    typer.echo(f"\n  {one_line(found.first)} and {one_line(found.second)}: {alike} of {len(found.tensors)} tensors")


def _cells(one: TensorDiff) -> tuple[str, ...]:
    from apr_qa.text import one_line

    names = dict.fromkeys(name for name in (one.first, one.second) if name)
    undone = f" ({one.after:.2g} with that undone)" if one.after is not None else ""
    return (
        "ok" if one.likeness.is_alike else "x",
        one_line(" = ".join(names), 120),
        "x".join(map(str, one.shape)),
        " ".join(dict.fromkeys(filter(None, one.dtypes))),
        "" if one.error is None else f"{one.error:.2g}",
        one_line(f"{one.likeness}{': ' if one.says else ''}{one.says}{undone}", 200),
    )


def _setting(one: Setting) -> str:
    from apr_qa.text import one_line

    if not one.key:
        return f"{one.where} differs"
    return f"{one.where} {one_line(one.key)}: {one_line(one.first, 80)} -> {one_line(one.second, 80)}"


COMMAND = CliCommand(name="diff", panel=READ, order=6, run=diff)
