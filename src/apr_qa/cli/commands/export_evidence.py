"""`apr-qa export-evidence`: evidence in the shape that the original exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import REGISTRY, CliCommand


def export_evidence(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="Evidence, ours or the original's.")],
    model: options.ModelName = "",
    family: Annotated[str, typer.Option(help="The family, else what the evidence says.")] = "",
    size: Annotated[str, typer.Option(help="The size, else what the evidence says.")] = "",
    playbook_name: Annotated[str, typer.Option(help="The playbook's name, else what the evidence says.")] = "",
    tier: options.TierOption = "",
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Where the file goes.")] = Path(
        "docs/certifications/evidence"
    ),
    json: options.Json = False,
) -> None:
    """Write evidence as the original's export: summary, score, gates, and one record for each answer and claim.

    The score is ours. What could not be judged is `Skipped` there, with the reason. An export is no sealed evidence:
    keep the source.

    Example:

        apr-qa export-evidence certifications/tiny-mvp-1a2b3c4d/evidence.json --model apr-qa/tiny --output-dir out
    """
    from apr_qa.pipeline.export_shape import About, to_original
    from apr_qa.pipeline.results import as_json

    level = str(options.tier_of(tier)) if tier else ""
    about = About(model=model, family=family, size=size, playbook=playbook_name, tier=level)
    path = to_original(source, about, output_dir)
    typer.echo(as_json({"path": str(path)}) if json else f"  written  {path}")


COMMAND = CliCommand(name="export-evidence", panel=REGISTRY, order=7, run=export_evidence)
