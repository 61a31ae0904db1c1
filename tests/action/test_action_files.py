"""`action.yml`, `run/action.yml`, the table of inputs and the command line say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from apr_qa.action.inputs import COMMANDS, INPUTS
from apr_qa.action.main import outputs
from apr_qa.cli.main import application

ROOT = Path(__file__).resolve().parents[2]
OWN = {"mode", "gpus", "image", "python"}
"""Inputs of the composite action that say where to run, not what."""


def _action(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def _env_name(name: str) -> str:
    return "INPUT_" + name.upper().replace("-", "_")


def test_the_action_has_the_inputs_of_the_table() -> None:
    """Same names in the same order, same defaults, each described."""
    described = _action("action.yml")["inputs"]
    assert [(name, item.get("default", "")) for name, item in described.items()] == [
        (item.name, item.default) for item in INPUTS
    ]
    assert all(item["description"] for item in described.values())


def test_both_actions_agree() -> None:
    """The composite action has all inputs and outputs of the Docker action, described alike, and its own."""
    docker, composite = _action("action.yml"), _action("run/action.yml")
    assert {k: v for k, v in composite["inputs"].items() if k not in OWN} == docker["inputs"]
    assert composite["inputs"].keys() - docker["inputs"].keys() == OWN
    assert {k: v["description"] for k, v in composite["outputs"].items()} == {
        k: v["description"] for k, v in docker["outputs"].items()
    }


def test_the_composite_action_hands_on_every_input() -> None:
    """Each input reaches the script as a variable of the same name, and only as a variable."""
    (step,) = _action("run/action.yml")["runs"]["steps"]
    for item in INPUTS:
        assert step["env"][_env_name(item.name)] == f"${{{{ inputs.{item.name} }}}}"
    assert "${{" not in step["run"]


def test_the_outputs_are_those_that_are_written() -> None:
    """What `action.yml` promises is what the program writes."""
    assert _action("action.yml")["outputs"].keys() == outputs(None, 0).keys()


def test_the_entry_point_is_absolute() -> None:
    """The container's program is named by its path: nothing is looked for in the checkout."""
    assert _action("action.yml")["runs"] == {
        "using": "docker",
        "image": "Dockerfile",
        "entrypoint": "/opt/venv/bin/apr-qa-action",
    }


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "bot"])
def test_every_input_is_an_option_of_its_command(command: str) -> None:
    """An input that is an option has the option's name."""
    group: Any = typer.main.get_command(application())
    options = {name for parameter in group.commands[command].params for name in parameter.opts}
    taken = {f"--{item.name}" for item in INPUTS if command in item.commands and item.option and item.name != "job"}
    assert taken <= options
