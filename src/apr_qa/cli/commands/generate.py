"""`apr-qa generate`: the questions that a model would be asked."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import PLAYBOOKS, CliCommand


class Layout(StrEnum):
    """How scenarios are written."""

    YAML = "yaml"
    JSON = "json"


def generate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model id, `family/size`, weights file or folder.")],
    count: Annotated[int, typer.Option("--count", "-c", min=1, max=1000, help="Scenarios in each cell.")] = 100,
    layout: Annotated[Layout, typer.Option("--format", "-f", help="How they are written.")] = Layout.YAML,
    seed: Annotated[int, typer.Option(min=0, help="Where the turn of prompts starts.")] = 42,
    json: Json = False,
) -> None:
    """Print the matrix scenarios of a model: every cell with its questions and what is expected of the answers.

    The same words give the same scenarios. Nothing else is printed, so that the output can be read by a program.

    Examples:

        apr-qa generate Qwen/Qwen2.5-Coder-1.5B-Instruct -c 50

        apr-qa generate tiny -c 1 -f json
    """
    from apr_qa.files import plain_data
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.scenarios import scenarios_of
    from apr_qa.playbook.plain_yaml import yaml_text

    found = plain_data(tuple(scenarios_of(model, count, seed)))
    typer.echo(as_json(found) if json or layout is Layout.JSON else yaml_text(found), nl=json or layout is Layout.JSON)


COMMAND = CliCommand(name="generate", panel=PLAYBOOKS, order=1, run=generate)
