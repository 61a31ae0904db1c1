"""`apr-qa publish`: the shards of a plan become certificates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli import options
from apr_qa.cli.room import SHARDS, CliCommand

if TYPE_CHECKING:
    from apr_qa.pipeline.publish import Outturn


def publish(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `apr-qa plan` wrote.")],
    shards: Annotated[
        list[Path] | None, typer.Argument(metavar="[SHARD...]", help="What `apr-qa run-shard` wrote, in any order.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where evidence, reports and registry go.")] = Path(
        "certifications"
    ),
    digest: Annotated[str, typer.Option(help="The digest that the plan must have.")] = "",
    json: options.Json = False,
) -> int:
    """Check the shards, merge them, judge what spans them, score, and write the certificates.

    A shard is believed only when it answers what the plan asked, of the plan's files and engines. One that is missing
    or refused leaves a hole that is named: the verdict is then PARTIAL at best.

    Exit status as `apr-qa certify`, the worst of all models.

    Examples:

        apr-qa publish plan.json shard-*.json --output certifications
    """
    from apr_qa.cli.show import show_verdict
    from apr_qa.pipeline.handed_over import hand_over
    from apr_qa.pipeline.plan_files import read_plan
    from apr_qa.pipeline.publish import publish_shards
    from apr_qa.pipeline.results import as_json, summary, worst

    sharded = read_plan(plan, digest)
    turned = publish_shards(sharded, shards or [], output)
    whole = hand_over(sharded, (item.evidence.seal for item in turned.published), output)
    _warn(turned)
    answers = [summary(item.evidence, item.scorecard, item.path) for item in turned.published]
    if json:
        typer.echo(as_json({"models": answers, "digest": whole, **_gaps(turned)}))
    else:
        for item in turned.published:
            show_verdict(item.evidence, item.scorecard, "")
            typer.echo(f"  Evidence     {item.path}")
    return worst([item.scorecard.status for item in turned.published])


def _gaps(turned: Outturn) -> dict[str, Any]:
    return {"missing": list(turned.missing), "refused": dict(turned.refused)}


def _warn(turned: Outturn) -> None:
    for path, why in turned.refused.items():
        typer.echo(f"refused: {path}: {why}", err=True)
    for number in turned.missing:
        typer.echo(f"missing: shard {number}", err=True)


COMMAND = CliCommand(name="publish", panel=SHARDS, order=3, run=publish)
