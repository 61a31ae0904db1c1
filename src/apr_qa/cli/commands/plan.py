"""`apr-qa plan`: what would be asked, cut into shards for many machines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import RunOptions, TierOption, with_run_options
from apr_qa.cli.room import SHARDS, CliCommand
from apr_qa.cli.selecting import targets_of
from apr_qa.errors import InputError

if TYPE_CHECKING:
    from apr_qa.pipeline.shards import Fleet
    from apr_qa.pipeline.targets import Target
    from apr_qa.pipeline.wishes import Wishes
    from apr_qa.vocab.shards import ShardedPlan

DEFAULT_RUNNERS = "cpu=self-hosted,apr-qa-cpu"


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SELECTOR... [TIER]",
        help="As `apr-qa certify` takes them, or playbook files; the last word may be a tier.",
    ),
]
Shards = Annotated[
    int | None, typer.Option(min=1, max=256, help="How many shards (else one for about 20 minutes each).")
]
Runners = Annotated[
    list[str] | None,
    typer.Option(
        metavar="BACKEND[:GB]=LABEL,...",
        help="A kind of machine: its backend, its memory, its labels. May be given several times. With one for"
        " gpu, gpu cells are planned although this machine has none.",
    ),
]

JobOption = Annotated[
    str, typer.Option(metavar="JSON", help="What `apr-qa bot` accepted, instead of selectors, tier and narrowing.")
]


@with_run_options
def plan(
    words: Words = None,
    tier: TierOption = "",
    shards: Shards = None,
    runners: Runners = None,
    job: JobOption = "",
    *,
    options: RunOptions,
) -> None:
    """Plan, and cut the plan into shards that `apr-qa run-shard` runs anywhere. Writes the file `--output`.

    Nothing of a model is executed. The same request on the same files gives the same bytes. `--json` answers with the
    digest and a matrix for GitHub Actions.

    Examples:

        apr-qa plan tiny mvp --backends cpu --shards 3 --output plan.json

        apr-qa plan qwen-coder deep --runners cpu=self-hosted,cpu --runners gpu=self-hosted,gpu --output plan.json
    """
    from apr_qa.cli.live import watching
    from apr_qa.pipeline.fleet import runner_of
    from apr_qa.pipeline.plan_files import write_plan
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.shards import Fleet, plan_shards

    _refuse_what_shards_cannot(options)
    fleet = Fleet(runners=tuple(runner_of(word) for word in runners or [DEFAULT_RUNNERS]), shards=shards)
    wishes = options.wishes()
    asked = _of_job(job, wishes, fleet) if job else _of_words(words or [], tier, wishes, fleet)
    with watching("planning", quiet=options.json) as watch:
        sharded = plan_shards(asked.targets, asked.wishes, asked.fleet, watch.busy, job=asked.job)
    path = options.output if options.output.suffix == ".json" else options.output / "plan.json"
    if not options.dry_run:
        write_plan(path, sharded)
    if options.json:
        typer.echo(as_json({"plan": str(path), "digest": sharded.digest, "matrix": matrix(sharded)}))
    else:
        _show(sharded, path)


def _refuse_what_shards_cannot(options: RunOptions) -> None:
    if options.sequential:
        raise InputError("shards are run apart and cannot stop each other", where="--sequential", remedy="Leave it.")
    if options.plug_ins:
        raise InputError("shards are run by what every machine has", where="--plug-ins", remedy="Leave it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    targets: tuple[Target, ...]
    wishes: Wishes
    fleet: Fleet
    job: str = ""


def _of_words(words: list[str], tier: str, wishes: Wishes, fleet: Fleet) -> _Asked:
    targets, unlocked = targets_of(words, tier)
    return _Asked(targets=targets, wishes=replace(wishes, unlocked=unlocked), fleet=fleet)


def _of_job(text: str, wishes: Wishes, fleet: Fleet) -> _Asked:
    from apr_qa.bot.job import read_job
    from apr_qa.bot.planning import runners_of_job, targets_of_job, wishes_of_job

    job = read_job(text)
    runners = runners_of_job(job, fleet.runners)
    return _Asked(
        targets=targets_of_job(job),
        wishes=wishes_of_job(job, wishes),
        fleet=replace(fleet, runners=runners, shards=fleet.shards or job.shards),
        job=job.digest,
    )


def matrix(sharded: ShardedPlan) -> dict[str, Any]:
    """Return the shards as GitHub Actions wants a matrix."""
    from apr_qa.bot.watching import shard_name

    count = len(sharded.shards)
    return {
        "include": [
            {
                "shard": shard.number,
                "name": shard_name(sharded.models[shard.model].plan.model, shard, count),
                "backend": shard.backend.value,
                "labels": list(shard.labels),
                "minutes": shard.minutes,
            }
            for shard in sharded.shards
        ]
    }


def _show(sharded: ShardedPlan, path: Path) -> None:
    for shard in sharded.shards:
        model = sharded.models[shard.model].plan.model
        typer.echo(
            f"  shard {shard.number:>3}  {model}  {shard.backend}  {len(shard.scenarios):>4} questions  "
            f"{len(shard.claims):>4} claims  about {shard.minutes:.1f} min  on {','.join(shard.labels)}"
        )
    for planned in sharded.models:
        for item in planned.plan.not_run:
            typer.echo(f"  not run: {item.what}: {item.reason}")
    typer.echo(f"  plan {sharded.digest[:12]}  {path}")


COMMAND = CliCommand(name="plan", panel=SHARDS, order=1, run=plan)
