"""`apr-qa bootstrap`: a playbook for a model that the registry does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json, TierOption, tier_of
from apr_qa.cli.room import PLAYBOOKS, CliCommand


def bootstrap(
    family: Annotated[str, typer.Argument(help="What the model's family is called: `qwen-coder`.")],
    size: Annotated[str, typer.Argument(help="How many parameters: `1.5B`, `135M`.")],
    hf_repo: Annotated[str, typer.Option(help="The model's repository, `org/name`.")],
    tier: TierOption = "mvp",
    config: Annotated[Path | None, typer.Option(help="The model's config.json, when it lies here.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, else one in playbooks/models.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the playbook; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Write the first playbook of a model from its config.json: dimensions to hold it to, questions for its kernels.

    Examples:

        apr-qa bootstrap qwen-coder 1.5B --hf-repo Qwen/Qwen2.5-Coder-1.5B-Instruct --tier mvp

        apr-qa bootstrap mine 0.1B --hf-repo me/mine --config ./mine/config.json --dry-run
    """
    from apr_qa.pipeline.bootstrap import draft, write_new
    from apr_qa.pipeline.results import as_json

    name, text = draft(family, size, hf_repo, tier_of(tier), config)
    path = output or Path("playbooks/models") / name
    if not dry_run:
        write_new(path, text)
    if json:
        typer.echo(as_json({"path": str(path), "written": not dry_run, "playbook": text}))
    elif dry_run:
        typer.echo(text, nl=False)
    else:
        typer.echo(f"  written  {path}\n  next     apr-qa run {path} --dry-run")


COMMAND = CliCommand(name="bootstrap", panel=PLAYBOOKS, order=2, run=bootstrap)
