"""`apr-qa run`: one playbook file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.vocab.axes import FailurePolicy


def run(
    playbook: Annotated[Path, typer.Argument(metavar="PLAYBOOK", help="A playbook file.")],
    model_path: Annotated[Path | None, typer.Option(help="Where the model lies, instead of its repository.")] = None,
    tier: options.TierOption = "",
    engine: options.Engine = "auto",
    apr_binary: options.AprBinary = "apr",
    formats: options.Formats = "",
    backends: options.Backends = "",
    modalities: options.Modalities = "",
    no_gpu: options.NoGpu = False,
    failure_policy: options.Policy = None,
    fail_fast: options.FailFast = False,
    workers: options.Workers = 4,
    timeout: options.Timeout = None,
    seed: options.Seed = None,
    model_cache: options.ModelCache = None,
    output: options.Output = Path("certifications"),
    dry_run: options.DryRun = False,
    fresh: options.Fresh = False,
    json: options.Json = False,
) -> int:
    """Run a playbook. `--output` takes a folder, or a `.json` file for the evidence.

    Exit status as `apr-qa certify`; a broken playbook is 2, with every fault named at once.

    Examples:

        apr-qa run playbooks/models/tiny-mvp.playbook.yaml --backends cpu

        apr-qa run my.playbook.yaml --model-path ./my-model --output out/evidence.json
    """
    from apr_qa.cli.certifying import Manner, certify_all
    from apr_qa.pipeline.targets import by_playbook
    from apr_qa.pipeline.wishes import Wishes
    from apr_qa.playbook.load import load_playbook

    loaded = load_playbook(playbook, tier=options.tier_of(tier) if tier else None)
    chosen = options.narrowed(formats, backends, modalities, no_gpu=no_gpu)
    is_file = output.suffix == ".json"
    folder = output.parent if is_file else output
    wishes = Wishes(
        engine=engine,
        apr_binary=apr_binary,
        formats=chosen[0],
        backends=chosen[1],
        modalities=chosen[2],
        output=folder,
        folder=folder,
        evidence_name=output.name if is_file else "evidence.json",
        model_cache=model_cache,
        fresh=fresh,
        seed=seed,
        workers=workers,
        timeout_s=timeout / 1000 if timeout else None,
        policy=FailurePolicy.FAIL_FAST if fail_fast else failure_policy,
        argv=options.own_words(),
    )
    return certify_all((by_playbook(loaded, model_path),), wishes, Manner(json=json, dry_run=dry_run))


COMMAND = CliCommand(name="run", panel=JUDGE, order=2, run=run)
