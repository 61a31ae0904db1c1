"""`apr-qa demo`: see it work in a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import own_words
from apr_qa.cli.room import JUDGE, CliCommand


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where evidence and reports go.")] = Path("out/demo"),
) -> int:
    """Certify the shipped tiny model with the embedded engines: no download, nothing to install.

    The claim is narrowed to what this needs no other program for (SafeTensors and GGUF on cpu), and says so.

    Example:

        apr-qa demo --output out/demo
    """
    from apr_qa.cli.certifying import Manner, certify_all
    from apr_qa.pipeline.targets import by_words
    from apr_qa.pipeline.wishes import Wishes
    from apr_qa.vocab.axes import Backend, Format, Tier

    typer.echo("A tiny model, embedded engines, no download.\n")
    wishes = Wishes(
        engine="embedded",
        formats=(Format.SAFETENSORS, Format.GGUF),
        backends=(Backend.CPU,),
        output=output,
        fresh=True,
        argv=own_words(),
    )
    status = certify_all(by_words(["apr-qa/tiny"], Tier.MVP), wishes, Manner())
    typer.echo("\nNext   apr-qa doctor                         what this machine can certify")
    typer.echo("       apr-qa certify qwen-coder/0.5B mvp    a real model (--dry-run shows what it costs)")
    return status


COMMAND = CliCommand(name="demo", panel=JUDGE, order=9, run=demo)
