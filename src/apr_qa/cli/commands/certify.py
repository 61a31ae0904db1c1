"""`apr-qa certify`: one model or a family, at a tier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.errors import InputError
from apr_qa.vocab.axes import FailurePolicy, Tier


def certify(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECTOR...] [TIER]",
            help="A family, `family/size`, model id, weights file or folder; the last word may be a tier.",
        ),
    ] = None,
    family: Annotated[str, typer.Option(help="Every model of a family.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every model of the registry.")] = False,
    model: Annotated[Path | None, typer.Option(help="A weights file or folder that no playbook describes.")] = None,
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
    """Certify a model: plan the tier, ask the engine, judge every answer, score, and write the certificate.

    Exit status: 0 certified or provisional, 1 blocked, 2 bad input, 3 no verdict, 130 stopped (to go on: the same
    command).

    Examples:

        apr-qa certify tiny mvp --backends cpu

        apr-qa certify --family qwen-coder --tier mvp --dry-run

        apr-qa certify ./my-model smoke --engine reference
    """
    from apr_qa.cli.certifying import Manner, certify_all
    from apr_qa.pipeline.targets import by_path, by_words
    from apr_qa.pipeline.wishes import Wishes

    selectors, level = _split(words or [], tier)
    if family:
        selectors = [*selectors, family]
    if everything:
        from apr_qa.catalog.models import known_models

        selectors = [known.model for known in known_models()]
    targets = [*by_words(selectors, level), *([by_path(model, level)] if model else [])]
    if not targets:
        raise InputError(
            "nothing to certify was named", remedy="apr-qa certify tiny mvp, or apr-qa list for every model."
        )
    chosen = options.narrowed(formats, backends, modalities, no_gpu=no_gpu)
    wishes = Wishes(
        engine=engine,
        apr_binary=apr_binary,
        formats=chosen[0],
        backends=chosen[1],
        modalities=chosen[2],
        output=output,
        model_cache=model_cache,
        fresh=fresh,
        seed=seed,
        workers=workers,
        timeout_s=timeout / 1000 if timeout else None,
        policy=FailurePolicy.FAIL_FAST if fail_fast else failure_policy,
        argv=options.own_words(),
    )
    return certify_all(tuple(targets), wishes, Manner(json=json, dry_run=dry_run))


def _split(words: list[str], tier: str) -> tuple[list[str], Tier]:
    """The last word may be the tier, as the bot takes it: `certify qwen-coder/0.5B mvp`."""
    last = words[-1].lower() if words else ""
    named = last in tuple(Tier) and not (len(words) == 1 and Path(words[0]).exists())
    if named and tier and tier != last:
        raise InputError(f"two tiers were named: {last} and --tier {tier}", remedy="Name one.")
    if named:
        return words[:-1], Tier(last)
    return words, options.tier_of(tier) if tier else Tier.QUICK


COMMAND = CliCommand(name="certify", panel=JUDGE, order=1, run=certify)
