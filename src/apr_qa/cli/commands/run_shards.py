"""`apr-qa run-shards`: all shards of a plan, here or on a cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import SHARDS, CliCommand
from apr_qa.errors import Exit

if TYPE_CHECKING:
    from apr_qa.pipeline.order import Order

Plan = Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `apr-qa plan` wrote.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The folder for the shards' evidence.")]
Digest = Annotated[str, typer.Option(help="The digest that the plan must have.")]
ExecutorName = Annotated[str, typer.Option("--executor", help="local, or ray (extra `apr-qa[ray]`).")]
Address = Annotated[str, typer.Option(help="Of the Ray cluster; empty: the one of $RAY_ADDRESS, else one of its own.")]
Retries = Annotated[int, typer.Option(min=0, max=20, help="How often a shard is run again that was lost.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Engine sessions at once, in one shard.")]


def run_shards(
    plan: Plan,
    executor: ExecutorName = "local",
    output: Output = Path("shards"),
    address: Address = "",
    retries: Retries = 3,
    digest: Digest = "",
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
    """
    from apr_qa.pipeline.order import Order
    from apr_qa.pipeline.plan_files import read_plan

    sharded = read_plan(plan, digest)
    order = Order(sharded=sharded, shards=sharded.shards, output=output, workers=workers, apr_binary=apr_binary)
    return _run(replace(order, model_cache=model_cache, address=address, retries=retries), executor, json=json)


def _run(order: Order, executor: str, *, json: bool) -> int:
    from apr_qa.cli.live import watching
    from apr_qa.pipeline.executing import run_all
    from apr_qa.pipeline.results import as_json

    title = f"{len(order.shards)} shards   plan {order.sharded.digest[:8]}"
    with watching(title, quiet=json) as watch:
        ran = run_all(order, executor, watch.busy)
    missing = {one.shard.number: one.trouble for one in ran if one.evidence is None}
    if json:
        typer.echo(as_json({"shards": [str(one.evidence) for one in ran if one.evidence], "missing": missing}))
    else:
        for one in ran:
            typer.echo(f"  shard {one.shard.number}  {one.evidence or one.trouble}")
    return Exit.NO_VERDICT if missing else Exit.PASSED


COMMAND = CliCommand(name="run-shards", panel=SHARDS, order=3, run=run_shards)
