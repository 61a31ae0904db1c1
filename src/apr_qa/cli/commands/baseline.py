"""`apr-qa baseline`: what the ground truth says, kept small, so that later runs need no pass over it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json, ModelCache
from apr_qa.cli.room import JUDGE, CliCommand


def baseline(
    model: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="A SafeTensors model.")],
    engine: Annotated[
        str, typer.Option(help="Compute with torch, mlx or reference, which hold the model whole; else streamed.")
    ] = "",
    positions: Annotated[int | None, typer.Option(min=2, help="At most so many; else by the model's size.")] = None,
    model_cache: ModelCache = None,
    json: Json = False,
) -> None:
    """Make the compact ground truth of a model and keep it in the model cache.

    Holding a converted file against its ground truth takes a pass over both. Where one over the ground truth takes more
    than a minute, later runs go by what is kept here: the likeliest tokens of each position, at most 1 MB, bound to the
    digests of the model's files. On a machine too small for the model, copy the file from one that is not.

    Examples:

        apr-qa baseline models/tiny

        apr-qa baseline models/tiny --engine torch
    """
    from apr_qa.cli.live import watching
    from apr_qa.fetch.cache import cache_folder
    from apr_qa.pipeline.baselines import keep_baseline
    from apr_qa.pipeline.results import as_json

    with watching("ground truth", quiet=True) as watch:
        place = keep_baseline(model, cache_folder(model_cache), engine, positions, watch.busy)
    size = place.stat().st_size
    typer.echo(as_json({"baseline": str(place), "bytes": size}) if json else f"  kept  {place}  {size} bytes")


COMMAND = CliCommand(name="baseline", panel=JUDGE, order=9, run=baseline)
