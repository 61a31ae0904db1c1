"""`apr-qa demo`: see it work in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli.options import own_words
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.errors import Exit

if TYPE_CHECKING:
    from apr_qa.pipeline.qualify import Matrix, Step
    from apr_qa.pipeline.wishes import Wishes

PLANTED = "k-permuted"
_HEALTHY = 4


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where evidence and reports go.")] = Path("out/demo"),
) -> int:
    """Certify the shipped tiny model, break it, and see who notices: no download, nothing to install.

    The claim is narrowed to what this needs no other program for (SafeTensors and GGUF on cpu), and says so. Exit
    status 0 when the healthy model passed and the broken one was blocked.

    Example:

        apr-qa demo --output out/demo
    """
    from apr_qa.cli.certifying import Manner, certify_all
    from apr_qa.pipeline.targets import by_words
    from apr_qa.pipeline.wishes import Wishes
    from apr_qa.vocab.axes import Backend, Format, Tier

    typer.echo("A tiny model, embedded engines, no download. We certify it, break it, and see who notices.")
    wishes = Wishes(
        engine="embedded",
        formats=(Format.SAFETENSORS, Format.GGUF),
        backends=(Backend.CPU,),
        output=output,
        fresh=True,
        argv=own_words(),
    )
    typer.echo("\n1/3  Certify the healthy model\n")
    healthy = certify_all(by_words(["apr-qa/tiny"], Tier.MVP), wishes, Manner())
    is_blocked = _break_once(wishes)
    _break_often()
    typer.echo("\nNext   apr-qa doctor                         what this machine can certify")
    typer.echo("       apr-qa qualify                        every fault, every healthy twin, three tiers")
    typer.echo("       apr-qa certify qwen-coder/0.5B mvp    a real model (--dry-run shows what it costs)")
    return healthy if healthy is not Exit.PASSED or is_blocked else Exit.BLOCKED


def _break_once(wishes: Wishes) -> bool:
    """Plant one fault and tell what is said of it; return whether the model was blocked."""
    from apr_qa.pipeline.planting import judge_broken
    from apr_qa.text import one_line
    from apr_qa.vocab.axes import Tier
    from apr_qa.vocab.score import GatewayState, Status

    typer.echo("\n2/3  Plant a fault: permute the key rows of layer 1 in the GGUF file\n")
    lost, card = judge_broken(PLANTED, Tier.MVP, wishes)
    for judged in lost:
        typer.echo(f"     x   {judged.claim.gate}  {judged.claim.subject}")
        typer.echo(f"         {one_line(judged.verdict.reason, 200)}")
    fallen = [gateway for gateway, state in card.gateways.items() if state is GatewayState.FELL]
    typer.echo(f"     status  {card.status}     MQS {card.mqs}     {', '.join(fallen) or 'no gateway'} fell")
    return card.status is Status.BLOCKED


def _break_often() -> None:
    """Plant all faults of weights and metadata, one at a time, and tell how many were found."""
    from apr_qa.pipeline.qualify import Ask, faults, qualify
    from apr_qa.vocab.axes import Tier
    from apr_qa.vocab.mutators import FaultLayer, Place

    layers = (FaultLayer.WEIGHTS, FaultLayer.METADATA)
    chosen = [f.name for f in faults() if f.layer in layers and f.places[0] is Place.GGUF and not f.equivalent]
    typer.echo(f"\n3/3  Plant {len(chosen)} faults of weights and metadata, one at a time\n")
    ask = Ask(
        tiers=(Tier.MVP,),
        faults=tuple(chosen),
        places=(Place.GGUF,),
        dtypes=("q8_0",),
        clean=0,
        clean_files=_HEALTHY,
    )
    _count(qualify(ask, _show))


def _show(step: Step) -> None:
    from apr_qa.cli.watch import about

    if step.done % 10 == 0 and step.done < step.total:
        typer.echo(f"     {step.done} of {step.total}   {about(step.left_s)}")


def _count(matrix: Matrix) -> None:
    from apr_qa.pipeline.qualify import alarms

    (seen,) = matrix.proved
    wolf = alarms(matrix.clean_files)
    typer.echo(f"     found {seen.found.hits} of {seen.found.of}")
    typer.echo(f"     named {seen.named.hits} of the {seen.named.of} that have a name of their own")
    typer.echo(f"     false alarms {wolf.hits} of {wolf.of} healthy models")
    for name in seen.missed:
        typer.echo(f"     missed  {name}")


COMMAND = CliCommand(name="demo", panel=JUDGE, order=9, run=demo)
