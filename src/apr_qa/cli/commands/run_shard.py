"""`apr-qa run-shard`: one job's part of a plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import SHARDS, CliCommand

Output = Annotated[Path, typer.Option("--output", "-o", help="Where the shard's evidence goes.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="How many engine sessions may run at once.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Put what was done of it aside and ask everything anew.")]


def run_shard(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `apr-qa plan` wrote.")],
    shard: Annotated[int, typer.Argument(min=1, max=256, help="Its number, from 1.")],
    output: Output = Path("shard.json"),
    digest: Annotated[str, typer.Option(help="The digest that the plan must have.")] = "",
    workers: Workers = 4,
    apr_binary: options.AprBinary = "apr",
    model_cache: options.ModelCache = None,
    fresh: Fresh = False,
    json: options.Json = False,
) -> None:
    """Run one shard of a plan: the same files and engines, or nothing. A stopped shard goes on with the same command.

    Exit status: 0 the shard's evidence is written, whatever it says of the model; 2 another plan, model or engine;
    3 our own error; 130 stopped.

    Examples:

        apr-qa run-shard plan.json 1 --output shard-1.json
    """
    from apr_qa.cli.live import watching
    from apr_qa.pipeline.plan_files import read_plan
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.run_shard import prepare_shard
    from apr_qa.pipeline.run_shard import run_shard as run
    from apr_qa.pipeline.wishes import Wishes

    sharded = read_plan(plan, digest)
    wishes = Wishes(output=output, workers=workers, apr_binary=apr_binary, model_cache=model_cache, fresh=fresh)
    wishes = replace(wishes, argv=options.own_words())
    with watching(f"shard {shard} of {len(sharded.shards)}   plan {sharded.digest[:8]}", quiet=json) as watch:
        ready = prepare_shard(sharded, shard, wishes, watch.busy)
        heard = run(ready, watch)
    if json:
        typer.echo(as_json({"shard": shard, "evidence": str(output), "stopped": heard.stopped, "reused": heard.reused}))
    else:
        typer.echo(f"  shard {shard}  {output}" + (f"  stopped early: {heard.stopped}" if heard.stopped else ""))


COMMAND = CliCommand(name="run-shard", panel=SHARDS, order=2, run=run_shard)
