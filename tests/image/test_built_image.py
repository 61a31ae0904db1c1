"""The built image, run as GitHub runs it: no network, read-only, not root, before a checkout that may be hostile."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from built_image import RUNNER, Image, called

pytestmark = [pytest.mark.image, pytest.mark.timeout(1800)]
MODELS = Path(__file__).resolve().parents[2] / "models"
TRAP = "open('/github/workspace/PWNED', 'a').write(__file__)\n"
MODULES = ("apr_qa/__init__.py", "apr_qa/__main__.py", "sitecustomize.py", "usercustomize.py", "json.py", "typer.py",
           "numpy/__init__.py", "yaml/__init__.py", "conftest.py", "runpy.py", "encodings/__init__.py")  # fmt: skip


def _inspected(image: Image) -> dict[str, object]:
    (found,) = json.loads(called("docker", "inspect", image.name).stdout)
    return found["Config"]


def _mounted(workspace: Path) -> tuple[str, ...]:
    return ("-v", f"{workspace}:/github/workspace", "-v", f"{MODELS}:/models:ro", "--workdir", "/github/workspace")


def _trapped(workspace: Path) -> None:
    for name in MODULES:
        path = workspace / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TRAP)
    program = workspace / "apr"
    program.write_text("#!/bin/sh\ntouch /github/workspace/PWNED\n")
    program.chmod(0o755)
    for path in (workspace, *workspace.rglob("*")):
        os.chown(path, RUNNER, RUNNER)


def _acting(workspace: Path, *inputs: str) -> tuple[str, ...]:
    files = [f"{name}=/github/workspace/{name}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")]
    variables = [*files, "GITHUB_WORKSPACE=/github/workspace", *inputs]
    return (*_mounted(workspace), *(word for v in variables for word in ("-e", v)), "--entrypoint",
            "/opt/venv/bin/apr-qa-action")  # fmt: skip


def test_the_entry_point_is_an_absolute_path(image: Image) -> None:
    """No search along PATH and no `-m`: what starts does not depend on the working folder."""
    assert _inspected(image)["Entrypoint"] == ["/opt/venv/bin/apr-qa"]


def test_python_is_the_one_that_the_base_names(image: Image) -> None:
    """`FROM python:3.13-...` and the stand-in have the same Python, in the base and in the image."""
    wanted = "Python " + image.base.partition(":")[2].partition("-")[0] + "."
    assert called("docker", "run", "--rm", "--network", "none", image.base, "python3", "-V").stdout.startswith(wanted)
    assert image.run("-V", options=("--entrypoint", "/opt/venv/bin/python")).stdout.startswith(wanted)


def test_nobody_is_root(image: Image) -> None:
    """The image names a user, and a process in it is that user."""
    assert _inspected(image)["User"] == f"{RUNNER}:{RUNNER}"
    assert image.run("-u", options=("--entrypoint", "id")).stdout.strip() == str(RUNNER)


def test_it_holds_no_sources_beside_the_installed_package(image: Image) -> None:
    """What .dockerignore keeps out is not in it: no models, no tests, no history."""
    listed = image.run("-c", "ls /build /context /work 2>/dev/null", options=("--entrypoint", "sh"))
    assert listed.stdout == ""


def test_the_shipped_model_is_certified(image: Image, workspace: Path) -> None:
    """Offline, read-only, as the runner's user, the tiny model is certified and everything belongs to the runner."""
    words = (
        "certify",
        "/models/tiny",
        "smoke",
        "--engine",
        "embedded",
        "--formats",
        "safetensors",
        "--json",
        "--output",
        "out",
    )
    done = image.run(*words, options=_mounted(workspace))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["gateways"]["G0"]) == ("PROVISIONAL", "holds")
    written = list(workspace.rglob("*"))
    assert any(path.name == "evidence.json" for path in written)
    assert {path.stat().st_uid for path in written} == {RUNNER}


def test_the_action_answers_through_githubs_files(image: Image, workspace: Path) -> None:
    """Inputs come as INPUT_..., outputs go to GITHUB_OUTPUT, the certificate to the summary of the step."""
    inputs = ("INPUT_SELECTOR=/models/tiny", "INPUT_TIER=smoke", "INPUT_ENGINE=embedded", "INPUT_FORMATS=safetensors")
    done = image.run(options=_acting(workspace, *inputs))
    outputs = (workspace / "GITHUB_OUTPUT").read_text()
    assert "status<<apr-qa-" in outputs, done.stdout + done.stderr
    assert "MQS" in (workspace / "GITHUB_STEP_SUMMARY").read_text()
    assert "exit-status<<" in outputs
    assert str(done.returncode) in outputs


@pytest.mark.parametrize("way", ["command line", "action"])
def test_a_hostile_checkout_does_not_run(image: Image, workspace: Path, way: str) -> None:
    """Modules and programs of the checkout that have the names of ours are neither imported nor started."""
    _trapped(workspace)
    if way == "action":
        inputs = ("INPUT_SELECTOR=/models/tiny", "INPUT_TIER=smoke", "INPUT_FORMATS=safetensors")
        done = image.run(options=_acting(workspace, *inputs))
    else:
        done = image.run(
            "certify",
            "/models/tiny",
            "smoke",
            "--formats",
            "safetensors",
            "--json",
            "--output",
            "out",
            options=_mounted(workspace),
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (workspace / "PWNED").exists()


def test_the_trap_works(image: Image, workspace: Path) -> None:
    """The same checkout does run where Python is started as a module from it: so the test above shows something."""
    _trapped(workspace)
    python = ("-e", "PYTHONSAFEPATH=", "--entrypoint", "/opt/venv/bin/python")
    image.run("-m", "apr_qa", "--version", options=(*_mounted(workspace), *python))
    assert (workspace / "PWNED").exists()
