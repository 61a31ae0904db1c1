"""`apr-qa certify`: one model or a family, at a tier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import RunOptions, TierOption, with_run_options
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.cli.selecting import split
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Tier

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SELECTOR...] [TIER]",
        help="A family, `family/size`, model id, weights file or folder; the last word may be a tier.",
    ),
]
AutoTicket = Annotated[
    bool, typer.Option("--auto-ticket", help="Draft a ticket for each root cause, beside the evidence.")
]


@with_run_options
def certify(
    words: Words = None,
    family: Annotated[str, typer.Option(help="Every model of a family.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every model of the registry.")] = False,
    model: Annotated[Path | None, typer.Option(help="A weights file or folder that no playbook describes.")] = None,
    tier: TierOption = "",
    auto_ticket: AutoTicket = False,
    ticket_repo: Annotated[str, typer.Option(help="Where the issues would be opened.")] = "paiml/aprender",
    *,
    options: RunOptions,
) -> int:
    """Certify a model: plan the tier, ask the engine, judge every answer, score, and write the certificate.

    Exit status: 0 certified or provisional, 1 blocked, 2 bad input, 3 no verdict, 130 stopped (go on with the same
    command).

    Examples:

        apr-qa certify tiny mvp --backends cpu

        apr-qa certify --family qwen-coder --tier mvp --dry-run

        apr-qa certify ./my-model smoke --engine reference
    """
    from apr_qa.catalog.models import known_models
    from apr_qa.cli.certifying import Manner, certify_all
    from apr_qa.pipeline.targets import by_path, by_words

    selectors, named = split(words or [], tier)
    level = named or Tier.QUICK
    selectors += [family] if family else []
    selectors += [known.model for known in known_models()] if everything else []
    targets = [*by_words(selectors, level), *([by_path(model, level)] if model else [])]
    if not targets:
        raise InputError("nothing to certify was named", remedy="apr-qa certify tiny mvp   (apr-qa list: all models)")
    return certify_all(
        tuple(targets),
        options.wishes(),
        Manner(json=options.json, dry_run=options.dry_run, tickets=ticket_repo if auto_ticket else ""),
    )


COMMAND = CliCommand(name="certify", panel=JUDGE, order=1, run=certify)
