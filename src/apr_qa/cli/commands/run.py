"""`apr-qa run`: one playbook file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import RunOptions, TierOption, tier_of, with_run_options
from apr_qa.cli.room import JUDGE, CliCommand


@with_run_options
def run(
    playbook: Annotated[Path, typer.Argument(metavar="PLAYBOOK", help="A playbook file.")],
    model_path: Annotated[Path | None, typer.Option(help="Where the model lies, instead of its repository.")] = None,
    tier: TierOption = "",
    allow_unlocked: Annotated[
        bool, typer.Option("--allow-unlocked", help="Run a playbook that changed since it was locked; it is recorded.")
    ] = False,
    *,
    options: RunOptions,
) -> int:
    """Run a playbook. `--output` takes a folder, or a `.json` file for the evidence.

    Exit status as `apr-qa certify`; a broken playbook is 2, with every fault named at once.

    Examples:

        apr-qa run playbooks/models/tiny-mvp.playbook.yaml --backends cpu

        apr-qa run my.playbook.yaml --model-path ./my-model --output out/evidence.json
    """
    from apr_qa.cli.certifying import Manner, certify_all
    from apr_qa.pipeline.playbooks import unlocked
    from apr_qa.pipeline.targets import by_playbook
    from apr_qa.playbook.load import load_playbook

    unreviewed = unlocked(playbook, allow=allow_unlocked)
    loaded = load_playbook(playbook, tier=tier_of(tier) if tier else None)
    is_file = options.output.suffix == ".json"
    folder = options.output.parent if is_file else options.output
    wishes = replace(options.wishes(), output=folder, folder=folder, unlocked=unreviewed)
    if is_file:
        wishes = replace(wishes, evidence_name=options.output.name)
    target = by_playbook(loaded, model_path)
    return certify_all((target,), wishes, Manner(json=options.json, dry_run=options.dry_run))


COMMAND = CliCommand(name="run", panel=JUDGE, order=2, run=run)
