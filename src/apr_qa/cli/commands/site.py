"""`apr-qa site`: the registry as pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand


def site(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the pages.")] = Path("out/site"),
    folder: Annotated[Path, typer.Option(help="The registry's folder.")] = Path("docs/certifications"),
    json: Json = False,
) -> None:
    """Write the registry as a static site: a table to search, and a page for each judged model.

    Example:

        apr-qa site --output out/site
    """
    from apr_qa.pipeline.registry import write_site
    from apr_qa.pipeline.results import as_json

    written = write_site(folder, output)
    typer.echo(as_json([str(p) for p in written]) if json else f"  {len(written)} files; open {output / 'index.html'}")


COMMAND = CliCommand(name="site", panel=REGISTRY, order=5, run=site)
