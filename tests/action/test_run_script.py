"""The script of the composite action: what it gives to Docker. A program that notes its words stands in for Docker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER = """#!{python}
import json, os, sys
with open(os.environ["SEEN"], "a") as seen:
    seen.write(json.dumps(sys.argv[1:]) + "\\n")
if "--format" in sys.argv:
    print(os.environ.get("RUNTIMES", "{{}}"))
sys.exit(int(os.environ.get("NO_DOCKER", "0")))
"""


@pytest.fixture
def runner(tmp_path: Path):
    """Run the script as GitHub does, in an empty workspace; returns how it ended and what Docker was told."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER.format(python=sys.executable))
    (programs / "docker").chmod(0o755)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name in ("out", "summary"):
        (tmp_path / name).touch()

    def run(**more: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        env = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SEEN": str(tmp_path / "seen"),
            "APR_QA_HOME": str(ROOT / "run" / ".."),
            "APR_QA_MODE": "docker",
            "APR_QA_GPUS": "",
            "APR_QA_IMAGE": "apr-qa:x",
            "APR_QA_PYTHON": "/nowhere/python",
            "INPUT_COMMAND": "certify",
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_OUTPUT": str(tmp_path / "out"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "RUNNER_TEMP": str(tmp_path),
            **more,
        }
        argv = ["bash", str(ROOT / "run" / "run.sh")]
        done = subprocess.run(argv, cwd=workspace, env=env, capture_output=True, text=True, timeout=60, check=False)
        seen = tmp_path / "seen"
        return done, seen.read_text().splitlines() if seen.exists() else []

    return run


def test_the_container_is_held(runner) -> None:
    """The runner's own user, no capabilities, read-only, the workspace and GitHub's files, an absolute entry point."""
    done, seen = runner(INPUT_SELECTOR="tiny")
    assert done.returncode == 0, done.stderr
    told = seen[-1]
    assert f'"--user", "{os.getuid()}:{os.getgid()}"' in told
    for words in ('"--cap-drop", "ALL"', '"--read-only"', '"no-new-privileges"', '"/opt/venv/bin/apr-qa-action"'):
        assert words in told
    assert "--gpus" not in told
    assert "docker.sock" not in told


def test_values_are_never_words_of_a_shell(runner, tmp_path: Path) -> None:
    """Inputs reach the container by the names of variables: nothing in them is executed or becomes an option."""
    evil = f"$(touch {tmp_path}/PWNED); `touch {tmp_path}/PWNED` --privileged"
    done, seen = runner(INPUT_SELECTOR=evil, INPUT_OUTPUT="-v /:/host", APR_QA_GPUS="")
    assert done.returncode == 0, done.stderr
    assert '"-e", "INPUT_SELECTOR"' in seen[-1]
    assert "privileged" not in seen[-1].replace("no-new-privileges", "")
    assert "/host" not in seen[-1]
    assert not (tmp_path / "PWNED").exists()


def test_secrets_of_the_runner_stay_outside(runner) -> None:
    """Only what is needed goes in: other variables of the job do not."""
    _, seen = runner(INPUT_SELECTOR="tiny", ACTIONS_RUNTIME_TOKEN="secret", AWS_SECRET_ACCESS_KEY="secret")
    assert "ACTIONS_RUNTIME_TOKEN" not in seen[-1]
    assert "AWS" not in seen[-1]


def test_the_image_of_a_release_is_the_one_that_action_yml_names(runner, tmp_path: Path) -> None:
    """Without an input the pinned image is taken; where none is pinned, it is built from the checkout."""
    for path in ("action.yml", "run/run.sh"):
        target = tmp_path / "release" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / path).read_text())
    pinned = tmp_path / "release" / "action.yml"
    pinned.write_text(pinned.read_text().replace("image: Dockerfile", "image: docker://example.org/apr-qa@sha256:0"))
    _, seen = runner(INPUT_SELECTOR="tiny", APR_QA_IMAGE="", APR_QA_HOME=str(tmp_path / "release"))
    assert seen[-1].endswith('"example.org/apr-qa@sha256:0"]')
    for command, engine in (("certify", "build"), ("run-shard", "build"), ("bot", "none"), ("publish", "none")):
        _, seen = runner(INPUT_COMMAND=command, APR_QA_IMAGE="")
        assert f'"--build-arg", "APR={engine}"' in seen[-2], command
        assert seen[-1].endswith(f'"apr-qa:action-{engine}"]'), command


def test_a_gpu_that_docker_cannot_give_is_said(runner) -> None:
    """Without an NVIDIA runtime the step ends with the remedy; with one, the container gets the GPU."""
    if not (Path("/etc/cdi").exists()):
        done, _ = runner(INPUT_SELECTOR="tiny", APR_QA_GPUS="all")
        assert done.returncode == 2
        assert "NVIDIA Container Toolkit" in done.stdout
    done, seen = runner(INPUT_SELECTOR="tiny", APR_QA_GPUS="all", RUNTIMES='{"nvidia": {}}')
    assert done.returncode == 0, done.stdout
    assert '"--gpus", "all"' in seen[-1]


def test_auto_takes_the_host_where_there_is_no_docker(runner) -> None:
    """The next thing that is started is the Python that was named."""
    done, _ = runner(INPUT_SELECTOR="tiny", APR_QA_MODE="auto", NO_DOCKER="1")
    assert done.returncode != 0
    assert "/nowhere/python" in done.stderr


def test_an_unknown_mode_is_refused(runner) -> None:
    """Exit status 2 and an annotation."""
    done, seen = runner(APR_QA_MODE="both")
    assert (done.returncode, seen) == (2, [])
    assert done.stdout.startswith("::error")
