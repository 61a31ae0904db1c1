"""`apr-qa run-shards`: all shards of a plan, here or on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import SHARDS, CliCommand
from apr_qa.errors import Exit

ExecutorName = Annotated[str, typer.Option("--executor", help="local, or ray (extra `apr-qa[ray]`).")]
Address = Annotated[str, typer.Option(help="Of the Ray cluster; empty: the one of $RAY_ADDRESS, else one of its own.")]
Retries = Annotated[int, typer.Option(min=0, max=20, help="How often a shard is run again that was lost.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Engine sessions at once, in one shard.")]


def run_shards(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `apr-qa plan` wrote.")],
    executor: ExecutorName = "local",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the shards' evidence.")] = Path(
        "shards"
    ),
    address: Address = "",
    retries: Retries = 3,
    digest: Annotated[str, typer.Option(help="The digest that the plan must have.")] = "",
    workers: Workers = 4,
    apr_binary: options.AprBinary = "apr",
    model_cache: options.ModelCache = None,
    json: options.Json = False,
) -> int:
    """Run every shard of a plan, and write their evidence for `apr-qa publish`.

    A shard whose file lies in the folder and answers the plan is not run again.

    Exit status: 0 every shard handed back its evidence, whatever it says of the model; 2 another plan, model or engine,
    or no such executor; 3 some shards are missing: the same command runs those.

    Examples:

        apr-qa run-shards plan.json --executor ray --output shards

        apr-qa publish plan.json shards/*.json
    """
    from apr_qa.cli.live import watching
    from apr_qa.pipeline.executing import run_all
    from apr_qa.pipeline.order import Order
    from apr_qa.pipeline.plan_files import read_plan
    from apr_qa.pipeline.results import as_json

    sharded = read_plan(plan, digest)
    order = Order(
        sharded=sharded,
        shards=sharded.shards,
        output=output,
        workers=workers,
        apr_binary=apr_binary,
        model_cache=model_cache,
        address=address,
        retries=retries,
    )
    with watching(f"{len(sharded.shards)} shards   plan {sharded.digest[:8]}", quiet=json) as watch:
        ran = run_all(order, executor, watch.busy)
    missing = [one for one in ran if one.evidence is None]
    if json:
        files = [str(one.evidence) for one in ran if one.evidence]
        typer.echo(as_json({"shards": files, "missing": {one.shard.number: one.trouble for one in missing}}))
    else:
        for one in ran:
            typer.echo(f"  shard {one.shard.number}  {one.evidence or one.trouble}")
    return Exit.NO_VERDICT if missing else Exit.PASSED


COMMAND = CliCommand(name="run-shards", panel=SHARDS, order=3, run=run_shards)
