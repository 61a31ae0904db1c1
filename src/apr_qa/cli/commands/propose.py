"""`apr-qa propose`: results for the model's page on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import REGISTRY, CliCommand


def propose(
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE", help="The evidence of one certification.")],
    dataset: Annotated[str, typer.Option(metavar="ORG/NAME", help="The benchmark on the Hub that shows the score.")],
    source_url: Annotated[str, typer.Option(metavar="URL", help="Where the certificate can be read.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Open the pull request; without it nothing is sent.")] = False,
    json: options.Json = False,
) -> None:
    """Show a certificate as results for the model's page on the Hub (`.eval_results`); with `--apply`, propose them.

    What is proposed is a pull request, for the model's owners to merge or not. Only a verdict on all that the tier asks
    is proposed, and only for the commit that was certified. Needs HF_TOKEN.

    Example:

        apr-qa propose certifications/model-mvp-1a2b3c4d/evidence.json --dataset my-lab/apr-qa-mqs
    """
    from apr_qa.fetch.proposal import propose as send
    from apr_qa.pipeline.hub_results import proposal_of
    from apr_qa.pipeline.rescore import rescore
    from apr_qa.pipeline.results import as_json

    made = proposal_of(rescore(evidence), dataset, source_url)
    url = send(made) if apply else ""
    if json:
        typer.echo(as_json({"model": made.repo, "path": made.path, "text": made.text, "pull_request": url}))
        return
    typer.echo(f"{made.repo} at {made.revision[:8]}: {made.path}\n\n{made.text}")
    typer.echo(f"  Proposed  {url}" if url else "Nothing was sent: --apply opens the pull request.")


COMMAND = CliCommand(name="propose", panel=REGISTRY, order=8, run=propose)
